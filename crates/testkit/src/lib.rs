//! What tests of several crates need from the outside world. Never a dependency of anything that ships.

pub mod postgres;
pub mod tls;

use std::time::Duration;

/// Calls servers of tests, which speak no TLS.
///
/// # Panics
/// If the HTTP library cannot be set up.
pub fn http() -> reqwest::Client {
    http_within(Duration::from_secs(600))
}

/// The same; a call takes at most so long.
///
/// # Panics
/// As [`http`].
pub fn http_within(patience: Duration) -> reqwest::Client {
    let builder = reqwest::Client::builder().timeout(patience).no_proxy();
    builder.tls_backend_preconfigured(segue_tls::nobody()).build().expect("a client")
}
