//! The whole binary: what it prints where, and how it exits.

mod bad_input;
mod cluster;
mod docs;
mod evaluator;
mod import;
mod kill;
mod offline;
mod online;
mod program;
mod sync;
