//! The whole binary: what it prints where, and how it exits.

mod offline;
mod online;
mod program;
