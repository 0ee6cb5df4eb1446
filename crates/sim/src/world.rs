//! The whole of a run: clock, store, hosts, and everybody who calls them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use segue_core::id::ExecutionId;
use segue_core::time::Timestamp;
use segue_store::contract::{Append, Catalog as _, CatalogEntry, Overwrite, Shelf};
use serde_json::Value;

use crate::clients::{Call, Reply};
use crate::host::Host;
use crate::menu::Menu;
use crate::setup::Setup;
use crate::store::{SimStore, ready};
use crate::workers::{Handout, Poll, Work};
use crate::{Check, Failure, Plant, Summary};

/// Whether what happens is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trace {
    Off,
    Last(usize),
}

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) rng: SmallRng,
    pub(crate) plant: Option<Plant>,
    pub(crate) setup: Setup,
    pub(crate) menu: Menu,
    pub(crate) now: Timestamp,
    pub(crate) store: SimStore,
    pub(crate) hosts: Vec<Host>,
    /// Batches whose sender gave up on them and that may still arrive.
    pub(crate) lost: Vec<Vec<Append>>,
    /// What nodes answered and nobody has looked at.
    pub(crate) inbox: Arc<Mutex<Vec<Reply>>>,
    pub(crate) calls: BTreeMap<u64, Call>,
    pub(crate) started: Vec<ExecutionId>,
    pub(crate) polls: Vec<Poll>,
    pub(crate) works: Vec<Work>,
    /// What was handed out, and how many faults there were before.
    pub(crate) given: BTreeMap<Handout, u64>,
    /// Rises with every fault after which a claim may be lost.
    pub(crate) faults: u64,
    pub(crate) summary: Summary,
    lives: u64,
    numbers: u64,
    trace: Trace,
    lines: VecDeque<String>,
}

impl World {
    pub(crate) fn new(seed: u64, plant: Option<Plant>, trace: Trace) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let setup = Setup::draw(&mut rng, plant);
        let menu = Menu::draw(&mut rng);
        let now = Timestamp(1_700_000_000_000);
        let store = SimStore::new(now, setup.traits.shared, plant);
        register(&store, &menu);
        let mut world = Self {
            seed,
            rng,
            plant,
            setup,
            menu,
            now,
            store,
            hosts: Vec::new(),
            lost: Vec::new(),
            inbox: Arc::default(),
            calls: BTreeMap::new(),
            started: Vec::new(),
            polls: Vec::new(),
            works: Vec::new(),
            given: BTreeMap::new(),
            faults: 0,
            summary: Summary::default(),
            lives: 0,
            numbers: 0,
            trace,
            lines: VecDeque::new(),
        };
        for index in 0..world.setup.hosts {
            let host = world.open_host(index);
            world.hosts.push(host);
        }
        world
    }

    pub(crate) fn open_host(&mut self, index: usize) -> Host {
        self.lives += 1;
        let lag_ms = if self.setup.traits.shared { self.rng.random_range(0..30) } else { 0 };
        let seed = self.rng.random();
        Host::open(index, self.lives, &self.setup, &self.store, seed, lag_ms, self.now)
    }

    pub(crate) fn run(mut self) -> Result<Summary, Box<Failure>> {
        match self.play() {
            Ok(()) => {
                self.summary.records = self.store.books.records;
                self.summary.executions = self.store.books.histories.len() as u64;
                self.summary.digest = self.digest();
                Ok(self.summary)
            }
            Err(broken) => Err(Box::new(Failure { seed: self.seed, broken, trace: self.lines.into() })),
        }
    }

    fn play(&mut self) -> Check {
        for _ in 0..self.setup.steps {
            self.chaos_step()?;
            self.read_inbox()?;
        }
        self.calm_down()?;
        self.final_rules()
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        self.store.set_now(self.now);
    }

    /// A number that no other thing in this run has.
    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// A host that runs.
    pub(crate) fn any_host(&mut self) -> Option<usize> {
        let index = self.rng.random_range(0..self.hosts.len());
        (!self.hosts[index].is_frozen(self.now)).then_some(index)
    }

    /// Writes down what happens, if somebody wants to read it.
    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Trace::Last(lines_max) = self.trace {
            self.lines.push_back(format!("{:>8} ms  {}", self.now.0 - 1_700_000_000_000, line()));
            if self.lines.len() > lines_max {
                self.lines.pop_front();
            }
        }
    }

    /// FNV-1a over the journal.
    fn digest(&self) -> u64 {
        let mut digest = 0xcbf2_9ce4_8422_2325u64;
        for history in self.store.books.histories.values() {
            for record in &history.records {
                for byte in record.encode() {
                    digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                }
            }
        }
        digest
    }
}

fn register(store: &SimStore, menu: &Menu) {
    let entry = |kind, version: u32| {
        move |body: &Value| CatalogEntry {
            kind,
            name: body["name"].as_str().unwrap_or_default().into(),
            version,
            body: segue_core::json::Json::of(body),
        }
    };
    let tasks = menu.tasks.iter().map(entry(Shelf::TaskDef, 0));
    let workflows = menu.workflows.iter().map(entry(Shelf::WorkflowDef, 1));
    let handlers = menu.handlers.iter().map(entry(Shelf::EventHandler, 0));
    let entries = tasks.chain(workflows).chain(handlers).collect();
    let existing = ready(store.memory.put_entries(entries, Overwrite::Refused));
    assert!(existing.is_none(), "names on the menu are unique");
}
