//! `/api/v1/server`: which server this is.

use axum::extract::State;
use serde_json::json;

use crate::app::App;
use crate::reply::{Reply, json as reply};
use crate::route::{Route, get};

pub(super) fn routes() -> Vec<Route> {
    vec![get("/api/v1/server", "Version, store and address", server)]
}

async fn server(State(app): State<App>) -> Reply {
    reply(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "store": app.options.store,
        "url": format!("http://{}", app.address),
        "instance": app.options.instance,
        "read_only": app.engine.is_read_only(),
    }))
}
