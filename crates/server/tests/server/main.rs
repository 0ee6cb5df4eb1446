//! The server over real HTTP.

mod running;

mod bad_input;
mod compatibility;
mod control;
mod correlated;
mod description;
mod events;
mod flow;
mod inspection;
mod metadata;
mod operations;
mod rehearsals;
mod schedules;
mod search;
mod signals;
mod starts;
mod state;
mod strategies;
mod tags;
mod updates;
mod wire;
mod worker_plane;

use serde_json::{Value, json};

/// A definition of worker tasks one after the other.
pub(crate) fn sequence(name: &str, tasks: &[&str]) -> Value {
    let tasks: Vec<Value> =
        tasks.iter().map(|task| json!({"name": task, "taskReferenceName": task})).collect();
    json!({"name": name, "version": 1, "tasks": tasks})
}
