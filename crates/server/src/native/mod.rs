//! The native API under `/api/v1`.
use crate::route::Route;
pub(crate) fn routes() -> Vec<Route> {
    Vec::new()
}
