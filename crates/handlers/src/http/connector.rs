//! Connections to addresses that have been checked.
//!
//! The check is a part of connecting: there is no way to a socket around it, and no second resolution after it.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use super::guard::{self, Allowed, Refused};
use super::route::{Proxies, Route};

pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;
type Secured = HttpsConnector<Route>;

/// Opens connections within a time.
#[derive(Clone)]
pub(super) struct Connector {
    secured: Secured,
    allowed: Arc<[Allowed]>,
    patience: Duration,
}

impl Connector {
    pub(super) fn new(allowed: Arc<[Allowed]>, proxies: Proxies, patience: Duration) -> Self {
        let mut plain = HttpConnector::new_with_resolver(CheckedNames { allowed: Arc::clone(&allowed) });
        plain.enforce_http(false);
        plain.set_nodelay(true);
        let secured = HttpsConnector::from((Route::new(plain, proxies), segue_tls::client()));
        Self { secured, allowed, patience }
    }

    pub(super) fn with_patience(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }
}

impl Service<Uri> for Connector {
    type Response = <Secured as Service<Uri>>::Response;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.secured.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // An address in the URL is not resolved, so nobody else would look at it.
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if let Ok(address) = host.parse::<IpAddr>()
            && let Err(refused) = guard::check(&host, address, &self.allowed)
        {
            return Box::pin(async { Err(refused.into()) });
        }
        let connecting = self.secured.call(uri);
        let patience = self.patience;
        Box::pin(async move {
            let late = || {
                io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("no connection to {host} within {patience:?}"),
                )
            };
            tokio::time::timeout(patience, connecting).await.map_err(|_| late())?
        })
    }
}

/// Resolves names by the system, and keeps the addresses that may be connected to.
#[derive(Clone)]
pub(super) struct CheckedNames {
    allowed: Arc<[Allowed]>,
}

impl Service<Name> for CheckedNames {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let allowed = Arc::clone(&self.allowed);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let passed = passed(name.as_str(), found, &allowed)?;
            Ok(passed.into_iter())
        })
    }
}

/// Those that pass; if none does, why the first does not.
fn passed(
    host: &str,
    found: impl Iterator<Item = SocketAddr>,
    allowed: &[Allowed],
) -> Result<Vec<SocketAddr>, Refused> {
    let mut passed = Vec::new();
    let mut refused = None;
    for address in found {
        match guard::check(host, address.ip(), allowed) {
            Ok(()) => passed.push(address),
            Err(why) => refused = refused.or(Some(why)),
        }
    }
    match refused {
        Some(refused) if passed.is_empty() => Err(refused),
        _ => Ok(passed),
    }
}
