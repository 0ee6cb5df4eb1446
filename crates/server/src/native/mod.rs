//! The native API under `/api/v1`: what Conductor's has no word for.

mod executions;

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    executions::routes()
}
