//! What a node wants from the store, and the duties that come by: read first, told later.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use segue_core::id::{BlueprintHash, ExecutionId};
use segue_core::plan::{Evaluation, Plan};
use segue_core::record::MessageBody;
use segue_engine::Error;
use segue_engine::cadence::{
    POST_PAUSE_MS, POST_PAUSE_SHARED_MS, RESERVATION_MS, SCAN_PAUSE_MS, SCAN_PAUSE_SHARED_MS, TICK_MS_MAX,
    TIMERS_AHEAD_MS, TIMERS_GRACE_MS,
};
use segue_engine::node::{Found, Loadable, Want, pinned_plan};
use segue_store::contract::{Error as StoreError, Journal, Queue, Timers, WindowRequest};
use serde_json::Value;

use crate::host::{Errand, Host};
use crate::store::{SimStore, ready};
use crate::world::World;

impl World {
    pub(crate) fn collect_wants(&mut self, host: usize) {
        let host = &mut self.hosts[host];
        let wants = host.node.take_wants();
        host.errands.extend(wants.into_iter().map(Errand::Want));
    }

    /// Takes an errand one step on: to the store, or back to the node.
    pub(crate) fn run_errand(&mut self, host: usize, index: usize) {
        let errand = self.hosts[host].errands.swap_remove(index);
        self.note(|| format!("host {host}: {}", describe(&errand)));
        let now = self.hosts[host].now(self.now);
        let shared = self.setup.traits.shared;
        let node = &mut self.hosts[host].node;
        let next = match errand {
            Errand::Want(want) => self.ask_store(host, want),
            Errand::Scan => {
                let ahead_ms = if shared { -TIMERS_GRACE_MS } else { TIMERS_AHEAD_MS };
                let due = self.store.memory.due(now.plus_ms(ahead_ms), None, usize::MAX);
                Some(Errand::Due(ready(due)))
            }
            Errand::Post => Some(Errand::Mail(ready(self.store.memory.messages(None, usize::MAX)))),
            Errand::Loaded(id, result) => {
                node.loaded(id, result, now);
                None
            }
            Errand::Window { queue, found, exhausted } => {
                node.window(&queue, found, exhausted, now);
                None
            }
            Errand::Planned(id, message) => {
                node.deliver(id, *message, now);
                None
            }
            Errand::Evaluated(task, round, token, answer) => {
                node.evaluated(task, round, token, answer, now);
                None
            }
            Errand::Due(found) => {
                node.due(found);
                None
            }
            Errand::Mail(found) => {
                found.into_iter().for_each(|(id, message)| node.deliver(id, message, now));
                None
            }
        };
        self.hosts[host].errands.extend(next);
    }

    fn ask_store(&mut self, host: usize, want: Want) -> Option<Errand> {
        let now = self.hosts[host].now(self.now);
        match want {
            Want::Load { execution, after_seq } => {
                let result = load(&self.hosts[host], &self.store, execution, after_seq);
                Some(Errand::Loaded(execution, result))
            }
            Want::Window { queue, from, ready_before, count_max } => {
                let node = self.hosts[host].name.clone();
                let reserved_until = now.plus_ms(RESERVATION_MS);
                let request =
                    WindowRequest { queue, node, from, ready_before, count_max, reserved_until, now };
                let found = self.store.window(&request, &mut self.rng);
                let exhausted = found.len() < count_max;
                Some(Errand::Window { queue: request.queue, found, exhausted })
            }
            Want::PutSnapshot(execution, snapshot) => {
                ready(self.store.memory.put_snapshot(execution, snapshot));
                None
            }
            Want::ExtendLease(task, until) => {
                ready(self.store.memory.extend_lease(task, until));
                None
            }
            Want::Evaluate { task, round, token, evaluation, .. } => {
                Some(Errand::Evaluated(task, round, token, Ok(value_of(&evaluation))))
            }
            Want::Plan(id, message) => {
                if let MessageBody::Start(started) = &message.body {
                    let found = plan(&self.hosts[host], &self.store, message.to, started.blueprint);
                    assert!(found.is_ok(), "a pinned definition is stored");
                }
                Some(Errand::Planned(id, message))
            }
        }
    }

    /// The store does not answer.
    pub(crate) fn fail_errand(&mut self, host: usize, index: usize) {
        let errand = self.hosts[host].errands.swap_remove(index);
        self.note(|| format!("host {host}: fails to {}", describe(&errand)));
        let now = self.hosts[host].now(self.now);
        let node = &mut self.hosts[host].node;
        match errand {
            Errand::Want(Want::Load { execution, .. }) | Errand::Loaded(execution, _) => {
                let error = Error::Store(StoreError::Unavailable("simulated".into()));
                node.loaded(execution, Err(error), now);
            }
            Errand::Want(Want::Window { queue, .. }) | Errand::Window { queue, .. } => {
                node.window_failed(&queue);
            }
            // The duty comes by again.
            _ => {}
        }
    }

    pub(crate) fn tick(&mut self, host: usize) {
        let now = self.now;
        let host = &mut self.hosts[host];
        let theirs = host.now(now);
        host.node.tick(theirs);
        host.node.evict(theirs);
        host.next_tick = now.plus_ms(TICK_MS_MAX);
    }

    /// Duties whose time has come set out.
    pub(crate) fn send_duties(&mut self, host: usize) {
        let (shared, now) = (self.setup.traits.shared, self.now);
        let host = &mut self.hosts[host];
        if host.next_scan <= now {
            let pause = if shared { SCAN_PAUSE_SHARED_MS } else { SCAN_PAUSE_MS };
            host.next_scan = now.plus_ms(i64::try_from(pause).unwrap_or(i64::MAX));
            host.errands.push(Errand::Scan);
        }
        if host.next_post <= now {
            let pause = if shared { POST_PAUSE_SHARED_MS } else { POST_PAUSE_MS };
            host.next_post = now.plus_ms(i64::try_from(pause).unwrap_or(i64::MAX));
            host.errands.push(Errand::Post);
        }
    }
}

fn load(host: &Host, store: &SimStore, id: ExecutionId, after_seq: u64) -> Result<Loadable, Error> {
    match Found::read(id, after_seq, ready(store.memory.load(id, after_seq)))? {
        Found::Loadable(loadable) => Ok(loadable),
        Found::Stored(stored) => {
            let pinned = stored.blueprints().into_iter();
            let plans: Result<Vec<Arc<Plan>>, Error> =
                pinned.map(|hash| plan(host, store, id, hash)).collect();
            stored.fold(plans?)
        }
    }
}

fn plan(host: &Host, store: &SimStore, id: ExecutionId, hash: BlueprintHash) -> Result<Arc<Plan>, Error> {
    if let Some(plan) = host.catalog.plan(hash) {
        return Ok(plan);
    }
    let body = ready(store.memory.blueprint(hash));
    Ok(host.catalog.keep(Arc::new(pinned_plan(id, hash, body)?)))
}

/// Scripts of simulated definitions are never run: their value follows from what they are.
fn value_of(evaluation: &Evaluation) -> Value {
    let mut hasher = std::hash::DefaultHasher::new();
    (&evaluation.script, evaluation.input.text()).hash(&mut hasher);
    Value::Bool(hasher.finish().is_multiple_of(2))
}

fn describe(errand: &Errand) -> String {
    match errand {
        Errand::Want(Want::Load { execution, after_seq }) => format!("load {execution} behind {after_seq}"),
        Errand::Want(Want::Window { queue, from, .. }) => format!("read {queue} from {from:?}"),
        Errand::Want(Want::PutSnapshot(id, _)) => format!("put a snapshot of {id}"),
        Errand::Want(Want::ExtendLease(task, until)) => format!("extend {task} until {until:?}"),
        Errand::Want(Want::Plan(_, message)) => format!("find the plan of {}", message.to),
        Errand::Loaded(id, Ok(Loadable::Whole { seq, .. })) => format!("hear of {id}: whole as of {seq}"),
        Errand::Loaded(id, Ok(Loadable::Tail { records, .. })) => {
            format!("hear of {id}: {} records more", records.len())
        }
        Errand::Loaded(id, Ok(Loadable::Missing)) => format!("hear of {id}: missing"),
        Errand::Loaded(id, Err(error)) => format!("hear of {id}: {error}"),
        Errand::Window { queue, found, exhausted } => {
            let tasks: Vec<_> = found.iter().map(|ready| ready.task).collect();
            format!("hear of {queue}: {tasks:?}, exhausted: {exhausted}")
        }
        Errand::Want(Want::Evaluate { task, round, .. }) => format!("evaluate for {task}, round {round}"),
        Errand::Evaluated(task, round, ..) => format!("hear of the evaluation for {task}, round {round}"),
        Errand::Planned(_, message) => format!("hear of the plan of {}", message.to),
        Errand::Scan => "look at timers".to_owned(),
        Errand::Due(found) => format!("hear of {} timers", found.len()),
        Errand::Post => "look at messages".to_owned(),
        Errand::Mail(found) => format!("hear of {} messages", found.len()),
    }
}
