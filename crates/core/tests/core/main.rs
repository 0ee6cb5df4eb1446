//! The core driven from outside: tables per construct and rule, properties over random definitions, cost.

// Tables read better with the JSON in place.
#![allow(clippy::needless_pass_by_value)]

mod builtin;
mod catalog;
mod check;
mod children;
mod control;
mod cost;
mod dynamic;
mod events;
mod examples;
mod expressions;
mod flow;
mod for_each;
mod graph;
mod hands;
mod journals;
mod loops;
mod moves;
mod nests;
mod nodes;
mod payloads;
mod points;
mod previews;
mod properties;
mod recordings;
mod reference;
mod rerun;
mod restart;
mod restart_previews;
mod retries;
mod revival;
mod run;
mod scripts;
mod shapes;
mod sight;
mod styles;
mod timeouts;
mod try_catch;
mod upgrade;
mod upgrade_table;
mod variables;
mod views;
mod workers;
