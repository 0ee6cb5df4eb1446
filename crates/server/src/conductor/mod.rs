//! Conductor's API under `/api`, as unmodified clients speak it. One file per group of routes.

mod bulk;
mod control;
mod definitions;
mod execute;
pub(crate) mod followups;
mod ids;
mod logs;
mod poll;
mod queues;
mod result;
mod search;
mod start;
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
        bulk::routes(),
        search::routes(),
        poll::routes(),
        update::routes(),
        logs::routes(),
        queues::routes(),
    ];
    groups.into_iter().flatten().collect()
}
