//! The native API under `/api/v1`: what Conductor's has no words for.

mod events;
mod executions;
mod schedules;
pub(crate) mod server;

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = executions::routes();
    routes.extend(events::routes());
    routes.extend(schedules::routes());
    routes.extend(server::routes());
    routes
}
