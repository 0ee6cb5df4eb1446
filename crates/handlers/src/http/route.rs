//! The way to an origin: straight, or through a proxy of the environment.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::connector::{CheckedNames, Failure};

/// Whether calls go through proxies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proxies {
    /// Never: an address is checked here, and connected to from here.
    #[default]
    None,
    /// Calls by `https:` go through what `HTTPS_PROXY` or `ALL_PROXY` names, except to hosts of `NO_PROXY`. The proxy
    /// looks names up, so nothing is known here of the addresses that it connects to.
    OfEnvironment,
}

/// Opens the connections that everything else is spoken over.
#[derive(Clone)]
pub(super) struct Route {
    direct: HttpConnector<CheckedNames>,
    proxies: Option<Arc<Matcher>>,
}

impl Route {
    pub(super) fn new(direct: HttpConnector<CheckedNames>, proxies: Proxies) -> Self {
        let proxies = match proxies {
            Proxies::None => None,
            Proxies::OfEnvironment => Some(Arc::new(Matcher::from_env())),
        };
        Self { direct, proxies }
    }

    /// The proxy on the way to an origin. What is not encrypted would have to be asked of a proxy in another way.
    fn tunnel(&self, origin: &Uri) -> Option<Tunnel<HttpConnector<CheckedNames>>> {
        let proxies = self.proxies.as_ref().filter(|_| origin.scheme_str() == Some("https"))?;
        let proxy = proxies.intercept(origin)?;
        let tunnel = Tunnel::new(proxy.uri().clone(), self.direct.clone());
        Some(match proxy.basic_auth() {
            Some(credentials) => tunnel.with_auth(credentials.clone()),
            None => tunnel,
        })
    }
}

impl Service<Uri> for Route {
    type Response = TokioIo<TcpStream>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.direct.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, origin: Uri) -> Self::Future {
        match self.tunnel(&origin) {
            Some(mut tunnel) => {
                let connecting = tunnel.call(origin);
                Box::pin(
                    async move { connecting.await.map_err(|error| format!("by a proxy: {error}").into()) },
                )
            }
            None => {
                let connecting = self.direct.call(origin);
                Box::pin(async move { connecting.await.map_err(Into::into) })
            }
        }
    }
}
