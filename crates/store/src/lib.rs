//! The one door to the database. The traits and types of [`contract`] are the contract; [`memory`] is its
//! reference model; the conformance suite in `tests/` holds every implementation to it.

pub mod contract;
