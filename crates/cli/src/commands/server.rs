//! `segue server`.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};

use segue_engine::{Engine, Options};
use segue_handlers::EvaluatorOptions;
use segue_server::{BindError, Server, ServerOptions};

use crate::error::{Error, Result};

/// Serve Conductor's API, durably.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue server
  segue server --port 9000 --store /var/lib/segue/segue.db
  segue server --store postgres://segue@localhost/segue")]
pub(crate) struct Args {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where the data is: a file, sqlite:PATH, postgres://… or memory:
    #[arg(long, env = "SEGUE_STORE", hide_env_values = true, default_value = "segue.db", value_name = "URL")]
    store: String,
    /// Listen elsewhere than on loopback although nobody is asked who they are.
    #[arg(long)]
    insecure_no_auth: bool,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let store = segue_store::open(&args.store).await?;
    let engine = Engine::open(store.clone(), engine_options()).await?;
    let options = ServerOptions {
        listen: SocketAddr::new(args.host, args.port),
        insecure_no_auth: args.insecure_no_auth,
        store: args.store.clone(),
        ..ServerOptions::default()
    };
    let server = match Server::bind(engine.clone(), options).await {
        Ok(server) => server,
        Err(error) => {
            engine.shutdown().await?;
            return Err(match error {
                BindError::Exposed(_) => Error::usage(error.to_string()),
                BindError::Io { .. } => {
                    Error::io(error.to_string()).hint("choose another with --port; 0 takes a free one")
                }
            });
        }
    };
    store.announce(&server.url())?;
    eprintln!("segue serves {} with store {} (Ctrl-C stops it)", server.url(), args.store);
    server.run(stop_signal()).await?;
    // Nobody may be reading any more.
    let _ = writeln!(std::io::stderr(), "stopping: bringing everything to disk");
    engine.shutdown().await?;
    Ok(())
}

/// Options of an engine that runs scripts in children of this program.
pub(crate) fn engine_options() -> Options {
    Options { evaluator: segue_engine::scripts(EvaluatorOptions::default()), ..Options::default() }
}

/// Done at the first SIGINT or SIGTERM.
pub(crate) async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
