//! `/api/v1/server`: which server this is.

use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::reply::{Reply, json as reply};
use crate::route::{Route, get};

pub(super) fn routes() -> Vec<Route> {
    vec![get("/api/v1/server", "Version, store and address", server)]
}

async fn server(State(app): State<App>) -> Reply {
    reply(&described(&app))
}

/// Version, store and address.
pub(crate) fn described(app: &App) -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "store": without_secrets(&app.options.store),
        "url": format!("http://{}", app.address),
        "instance": app.options.instance,
        "read_only": app.engine.is_read_only(),
    })
}

/// A store's address without the name and password, and the options, that it may carry.
fn without_secrets(store: &str) -> String {
    let Some((scheme, rest)) = store.split_once("://") else { return store.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{rest}")
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn a_password_is_not_shown() {
        for (store, shown) in [
            ("memory:", "memory:"),
            ("/var/lib/segue.db", "/var/lib/segue.db"),
            ("postgres://a:p@ss@db:5432/segue?password=x", "postgres://db:5432/segue"),
            ("postgres://db/segue", "postgres://db/segue"),
        ] {
            assert_eq!(without_secrets(store), shown);
        }
    }
}
