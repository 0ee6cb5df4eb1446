//! What a seed draws before anything happens: how many nodes, how small their windows, which faults.

use rand::Rng;
use rand::rngs::SmallRng;
use segue_core::decide::Limits;
use segue_engine::Options;
use segue_engine::node::StoreTraits;

use crate::Plant;

/// Something that may happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Start,
    Operate,
    Signal,
    Read,
    Remove,
    Poll,
    LookAtPoll,
    EndPoll,
    Work,
    TakeBatch,
    ApplyBatch,
    TellOutcome,
    LoseBatch,
    RunErrand,
    FailErrand,
    Tick,
    Scan,
    Advance,
    Jump,
    Crash,
    Freeze,
    LandLost,
}

/// Every action with its weight, and whether it is a fault, which a seed may leave out.
const ACTIONS: [(Action, u32, bool); 22] = [
    (Action::Start, 6, false),
    (Action::Operate, 3, true),
    (Action::Signal, 4, false),
    (Action::Read, 3, false),
    (Action::Remove, 1, true),
    (Action::Poll, 12, false),
    (Action::LookAtPoll, 16, false),
    (Action::EndPoll, 3, true),
    (Action::Work, 18, false),
    (Action::TakeBatch, 18, false),
    (Action::ApplyBatch, 18, false),
    (Action::TellOutcome, 18, false),
    (Action::LoseBatch, 1, true),
    (Action::RunErrand, 30, false),
    (Action::FailErrand, 1, true),
    (Action::Tick, 12, false),
    (Action::Scan, 4, false),
    (Action::Advance, 14, false),
    (Action::Jump, 1, true),
    (Action::Crash, 1, true),
    (Action::Freeze, 1, true),
    (Action::LandLost, 3, false),
];

/// How a run is laid out.
pub(crate) struct Setup {
    pub(crate) hosts: usize,
    pub(crate) traits: StoreTraits,
    pub(crate) options: Options,
    pub(crate) steps: u32,
    pub(crate) starts_max: usize,
    weights: Vec<(Action, u32)>,
    weight: u32,
}

impl Setup {
    pub(crate) fn draw(rng: &mut SmallRng, plant: Option<Plant>) -> Self {
        let needs_shared = plant == Some(Plant::DoubleClaim);
        let shared = needs_shared || rng.random_bool(0.5);
        let hosts = if shared { rng.random_range(2..=3) } else { 1 };
        let concurrent_appends = if shared { rng.random_range(1..=3) } else { 1 };
        let traits = StoreTraits { shared, concurrent_appends, batch_max: rng.random_range(1..=20) };
        let limits = Limits {
            transitions_max: *pick(rng, &[3, 8, 40, 1000]),
            depth_max: 4,
            lease_ms_default: 20_000,
            tasks_max: *pick(rng, &[60, 400, 2_000]),
            ..Limits::default()
        };
        let options = Options {
            node: "".into(),
            limits,
            cached_executions_max: *pick(rng, &[0, 1, 3, 10, 1000]),
            window_max: *pick(rng, &[1, 2, 4, 8, 1000]),
            backlog_max: *pick(rng, &[4, 20, 1000]),
            snapshot_records_min: *pick(rng, &[1, 5, 1000]),
            claim_delay_ms_max: *pick(rng, &[0, 100, 1000]),
            active_poller_ms: 10_000,
            ..Options::default()
        };
        let mut weights = Vec::new();
        for (action, base, is_fault) in ACTIONS {
            let factor = if is_fault { *pick(rng, &[0, 0, 1, 1, 4]) } else { *pick(rng, &[1, 1, 2]) };
            weights.push((action, base * factor));
        }
        let weight = weights.iter().map(|(_, weight)| weight).sum();
        let steps = rng.random_range(300..=2_500);
        Self { hosts, traits, options, steps, starts_max: rng.random_range(2..=20), weights, weight }
    }

    /// Draws what happens next.
    pub(crate) fn action(&self, rng: &mut SmallRng) -> Action {
        let mut left = rng.random_range(0..self.weight);
        for (action, weight) in &self.weights {
            if left < *weight {
                return *action;
            }
            left -= weight;
        }
        Action::Advance
    }
}

/// One of several.
pub(crate) fn pick<'a, T>(rng: &mut SmallRng, of: &'a [T]) -> &'a T {
    &of[rng.random_range(0..of.len())]
}
