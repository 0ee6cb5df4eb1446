//! The engine: one loop around the pure core. Commands become records, records become durable, and only
//! then does anything follow from them.

mod builtins;
pub mod cadence;
mod catalog;
mod duties;
mod engine;
mod error;
mod evaluator;
mod handlers;
pub mod node;
mod options;
pub mod rehearsal;
mod schedule;
mod tags;

pub use builtins::{BuiltinOptions, Builtins, LogSink, SystemTasks, TaskLine};
pub use catalog::Catalog;
pub use engine::{
    By, ById, Control, Engine, Explanation, LimitHolder, Poll, Published, Reaction, Report, Rerun, RetryFrom,
    Searched, StartBy, event_handler_violations, script_violations,
};
pub use error::Error;
pub use evaluator::{Boxed, Evaluator};
pub use handlers::{Failure, Retry};
pub use node::{Assignment, Counters, Started};
pub use options::Options;
pub use schedule::{Firing, FiringState, Halt, Scheduled, firing_definition};
pub use tags::{Tag, Tagged};
