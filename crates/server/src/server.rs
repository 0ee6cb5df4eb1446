//! Listening, serving, stopping.

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::serve::ListenerExt;
use segue_engine::Engine;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::options::ServerOptions;
use crate::{layers, route};

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address can be reached by others, and nobody is asked who they are.
    #[error(
        "refusing to listen on {0} without authentication: use a loopback address, or allow it with --insecure-no-auth"
    )]
    Exposed(SocketAddr),
    /// The operating system refused.
    #[error("cannot listen on {address}: {cause}")]
    Io {
        /// Where.
        address: SocketAddr,
        /// Why not.
        cause: std::io::Error,
    },
}

/// A server that listens and does not serve yet.
pub struct Server {
    listener: TcpListener,
    router: Router,
    stopping: watch::Sender<bool>,
    address: SocketAddr,
    grace: std::time::Duration,
}

impl Server {
    /// Listens. Connections are accepted from now on and served by [`Server::run`].
    ///
    /// # Errors
    /// [`BindError`].
    pub async fn bind(engine: Engine, options: ServerOptions) -> Result<Self, BindError> {
        let address = options.listen;
        if !address.ip().to_canonical().is_loopback() && !options.insecure_no_auth {
            return Err(BindError::Exposed(address));
        }
        let failed = |cause| BindError::Io { address, cause };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stopping, stopped) = watch::channel(false);
        let grace = options.grace;
        let table = route::table();
        let app = App::new(engine, options, address, stopped, &table);
        let router = route::router(table)
            .layer(CatchPanicLayer::custom(layers::panicked))
            .layer(from_fn_with_state(app.clone(), layers::observe))
            .with_state(app);
        Ok(Self { listener, router, stopping, address, grace })
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until `shutdown` is done; then answers what is under way and returns. The engine is left running.
    ///
    /// # Errors
    /// If accepting connections fails.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        let Self { listener, router, stopping, grace, .. } = self;
        // Answers are written whole, so waiting for more to send only delays them.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let mut stopped = stopping.subscribe();
        let serve = axum::serve(listener, router).with_graceful_shutdown(async move {
            shutdown.await;
            stopping.send_replace(true);
        });
        let patience = async move {
            // Ends at once should the sender be gone: then nothing is served any more.
            let _ = stopped.wait_for(|stopped| *stopped).await;
            tokio::time::sleep(grace).await;
        };
        tokio::select! {
            served = serve.into_future() => served,
            () = patience => Ok(()),
        }
    }
}
