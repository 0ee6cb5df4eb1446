//! How servers are called.

use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};

/// Redirects that are followed at most.
const REDIRECTS_MAX: usize = 10;

/// For calls to the server at `base`, each of which takes at most `patience`: through no proxy, and by TLS if the address
/// says so, with the certificates that the system or `SSL_CERT_FILE` trusts.
pub fn transport(base: &str, patience: Duration) -> reqwest::ClientBuilder {
    let is_secured = base.starts_with("https://");
    // Whom the system trusts is read from many files, which a plain call need not wait for.
    let tls = if is_secured { segue_tls::client() } else { segue_tls::nobody() };
    let builder = reqwest::Client::builder().timeout(patience).no_proxy().tls_backend_preconfigured(tls);
    builder.redirect(Policy::custom(move |attempt| follow(attempt, is_secured)))
}

fn follow(attempt: Attempt<'_>, is_secured: bool) -> reqwest::redirect::Action {
    if attempt.previous().len() > REDIRECTS_MAX {
        return attempt.error("too many redirects");
    }
    if !is_secured && attempt.url().scheme() == "https" {
        let wanted = attempt.url().origin().ascii_serialization();
        return attempt.error(format!("it is served at {wanted}: use that address"));
    }
    attempt.follow()
}

/// What the system, TLS or HTTP said in the first place, without the layers that passed it on.
pub fn root_cause(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .last()
        .map_or_else(String::new, ToString::to_string)
}
