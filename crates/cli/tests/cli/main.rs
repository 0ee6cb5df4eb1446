//! The whole binary: what it prints where, and how it exits.

mod bad_input;
mod bench;
mod cluster;
mod dialects;
mod docs;
mod errors;
mod evaluator;
mod events;
mod handlers;
mod import;
mod kill;
mod offline;
mod online;
mod program;
mod runs;
mod sync;
mod worker;
