//! `segue server`.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use segue_core::decide::Limits;
use segue_engine::{BuiltinOptions, Builtins, Engine, Options, SystemTasks};
use segue_handlers::{Allowed, EvaluatorOptions, HttpOptions};
use segue_server::{BindError, Server, ServerOptions};
use segue_store::contract::Store;

use super::stop::Stop;
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
    #[command(flatten)]
    http: HttpArgs,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let store = segue_store::open(&args.store).await?;
    let engine = open_engine(store.clone(), args.http.http_allow).await?;
    // Who reads where it serves may stop it at once.
    let mut stop = Stop::listen()?;
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
    server.run(async move { stop.told().await }).await?;
    // Nobody may be reading any more.
    let _ = writeln!(std::io::stderr(), "stopping: bringing everything to disk");
    engine.shutdown().await?;
    Ok(())
}

/// What HTTP tasks may reach.
#[derive(Debug, clap::Args)]
pub(crate) struct HttpArgs {
    /// A host, address or network that HTTP tasks may call although it is not public; several with commas.
    #[arg(long, value_name = "HOST|CIDR", value_delimiter = ',', env = "SEGUE_HTTP_ALLOW")]
    pub(crate) http_allow: Vec<Allowed>,
}

/// Opens an engine that runs scripts in children of this program and does the tasks of built-in types.
pub(crate) async fn open_engine(
    store: Arc<dyn Store>,
    http_allow: Vec<Allowed>,
) -> std::result::Result<Engine, segue_engine::Error> {
    let builtins = Builtins::new(EvaluatorOptions::default());
    let http = HttpOptions { allow: http_allow, ..HttpOptions::default() };
    Ok(open_engine_with(store, &builtins, http.into(), Limits::default()).await?.0)
}

/// The same with what is there already, and with a way to do letrun's system tasks.
pub(crate) async fn open_engine_with(
    store: Arc<dyn Store>,
    builtins: &Builtins,
    how: BuiltinOptions,
    limits: Limits,
) -> std::result::Result<(Engine, SystemTasks), segue_engine::Error> {
    let options = Options { evaluator: builtins.evaluator(), limits, ..Options::default() };
    let engine = Engine::open(store, options).await?;
    let system = builtins.serve(&engine, how);
    Ok((engine, system))
}
