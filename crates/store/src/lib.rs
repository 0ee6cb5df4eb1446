//! The one door to the database. The traits and types of [`contract`] are the contract; [`memory`] is its
//! reference model; the scenarios of `conformance` (behind the feature of that name) hold every implementation to it.

pub mod bare;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod contract;
mod copy;
mod fold;
pub mod memory;
mod open;
pub mod postgres;
pub mod rate;
pub mod sqlite;

pub use contract::{Error, Result, Store};
pub use copy::copy_executions;
pub use open::open;
