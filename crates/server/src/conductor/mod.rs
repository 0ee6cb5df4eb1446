//! Conductor's API under `/api`, as unmodified clients speak it. One file per group of routes.

mod bulk;
mod control;
mod definitions;
mod execute;
mod flow;
pub(crate) mod followups;
pub(crate) mod ids;
mod logs;
mod poll;
mod queues;
pub(crate) mod result;
mod search;
mod signal;
mod start;
mod summary;
mod task_defs;
mod update;
mod workflow;

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    let groups = [
        definitions::routes(),
        task_defs::routes(),
        start::routes(),
        execute::routes(),
        workflow::routes(),
        control::routes(),
        flow::routes(),
        bulk::routes(),
        search::routes(),
        poll::routes(),
        update::routes(),
        signal::routes(),
        logs::routes(),
        queues::routes(),
    ];
    groups.into_iter().flatten().collect()
}
