//! A deterministic simulation of nodes, their store and their clients: one seed decides everything.
//!
//! The nodes are the product's own state machines; the shell around them, the network, the disk and the clock
//! are played here. A run has two phases:
//!
//! ```text
//!  chaos: the next thing that happens is drawn among all that may ── crashes, lost replies, stale reads, late
//!         and double results, frozen nodes, jumps of the clock
//!  calm:  faults stop, everybody works on ── within bounded virtual time every execution has to end
//! ```
//!
//! Rules are checked all along: at each commit (module `books`), at each answer that a client sees, and over everything at the end. A
//! broken rule names the seed, which replays the same run.

mod books;
mod calm;
mod chaos;
mod clients;
mod disk;
mod end;
mod errands;
mod host;
mod menu;
mod messages;
mod plant;
mod setup;
mod store;
mod wakes;
mod workers;
mod world;

pub use plant::Plant;

/// A rule that does not hold.
#[derive(Debug, Clone)]
pub struct Broken {
    /// The rule.
    pub rule: &'static str,
    /// How it is broken.
    pub detail: String,
}

type Check<T = ()> = Result<T, Broken>;

fn broken<T>(rule: &'static str, detail: impl Into<String>) -> Check<T> {
    Err(Broken { rule, detail: detail.into() })
}

/// What a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records in the journal.
    pub records: u64,
    /// Executions in the journal.
    pub executions: u64,
    /// Crashes of nodes.
    pub crashes: u64,
    /// Appends that lost to another writer.
    pub conflicts: u64,
    /// Claims that reached a worker.
    pub claims: u64,
    /// A digest of the journal: equal for equal runs.
    pub digest: u64,
}

/// A run in which a rule broke.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Decides the run.
    pub seed: u64,
    /// What broke.
    pub broken: Broken,
    /// What happened last, if the run was traced.
    pub trace: Vec<String>,
}

/// Runs one seed.
///
/// # Errors
/// The first broken rule.
pub fn run(seed: u64, plant: Option<Plant>) -> Result<Summary, Box<Failure>> {
    world::World::new(seed, plant, world::Trace::Off).run()
}

/// Runs one seed and keeps the last `lines_max` things that happened.
///
/// # Errors
/// The first broken rule.
pub fn run_traced(seed: u64, plant: Option<Plant>, lines_max: usize) -> Result<Summary, Box<Failure>> {
    world::World::new(seed, plant, world::Trace::Last(lines_max)).run()
}
