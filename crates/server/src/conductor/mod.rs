//! Conductor's API under `/api`, as unmodified clients speak it. One file per group of routes.

mod admin;
mod blocking;
mod bulk;
mod control;
mod correlated;
mod definitions;
mod environment;
mod event_queues;
mod events;
mod execute;
mod flow;
pub(crate) mod followups;
pub(crate) mod ids;
mod logs;
mod messages;
mod payload;
mod poll;
mod queues;
mod rehearsal;
pub(crate) mod result;
mod scheduler;
mod search;
mod signal;
mod signal_response;
mod start;
mod state;
mod summary;
mod tags;
mod task_defs;
mod update;
mod workflow;

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    let groups = [
        definitions::routes(),
        task_defs::routes(),
        tags::routes(),
        start::routes(),
        execute::routes(),
        rehearsal::routes(),
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
        correlated::routes(),
        messages::routes(),
        state::routes(),
        payload::routes(),
        scheduler::routes(),
        environment::routes(),
        event_queues::routes(),
        events::routes(),
        admin::routes(),
    ];
    groups.into_iter().flatten().collect()
}
