//! `segue run`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use segue_core::decide::Start;
use segue_core::definition::WorkflowDef;
use segue_core::json::Json;
use segue_core::view::{self, Tasks};
use segue_engine::{Engine, StartBy};
use segue_server::{Server, ServerOptions};
use serde_json::Value;

use super::watch::{Screen, Show, conclude, is_over};
use super::{def, server};
use crate::error::{Error, Result};
use crate::{input, tree};

/// Run one definition file in this process, without a server.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue run greet.json --input '{\"name\": \"Ada\"}'
  segue run order.json --save order.db          keep it; run again to see it with `segue server --store order.db`
  segue run order.json --serve 8080             let workers take its tasks")]
pub(crate) struct Args {
    /// A JSON or YAML file with one definition; in a list, the first is run and the others can be its children.
    file: PathBuf,
    /// Input: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON")]
    input: Option<String>,
    /// Keep the execution in this database file.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Serve workers on this port while it runs; 0 takes a free one.
    #[arg(long, value_name = "PORT")]
    serve: Option<u16>,
    #[command(flatten)]
    http: server::HttpArgs,
}

const PAUSE: Duration = Duration::from_millis(50);

pub(crate) async fn run(args: Args, as_json: bool) -> Result<()> {
    let definitions = def::read(&args.file)?;
    let Some(definition) = definitions.first().cloned() else {
        return Err(Error::usage(format!("{}: there is no definition in it", args.file.display())));
    };
    let input = Json::of(&Value::Object(input::object(args.input.as_deref())?));
    let workers = worker_types(&definition);
    if args.serve.is_none() && !workers.is_empty() {
        let list = workers.join(", ");
        return Err(Error::usage(format!("{}: no worker in this process does {list}", args.file.display()))
            .hint("--serve PORT lets workers poll this run; or use `segue server`"));
    }
    let url =
        args.save.as_ref().map_or_else(|| "memory:".to_owned(), |path| format!("sqlite:{}", path.display()));
    let engine = server::open_engine(segue_store::open(&url).await?, args.http.http_allow).await?;
    let violations = engine.script_violations(&definition).await;
    if !violations.is_empty() {
        engine.shutdown().await?;
        return Err(segue_engine::Error::InvalidDefinition(violations).into());
    }
    engine.put_workflows(&definitions, segue_store::contract::Overwrite::Allowed).await?;
    let server = match args.serve {
        Some(port) => {
            let options = ServerOptions {
                listen: SocketAddr::from(([127, 0, 0, 1], port)),
                ..ServerOptions::default()
            };
            let server =
                Server::bind(engine.clone(), options).await.map_err(|error| Error::io(error.to_string()))?;
            eprintln!("workers can poll {}", server.url());
            Some(tokio::spawn(server.run(std::future::pending())))
        }
        None => None,
    };
    let start = Start { input, ..Start::default() };
    let started = engine.start(StartBy::Definition(Box::new(definition)), start).await?;
    let followed = follow(&engine, started.execution).await;
    if let Some(server) = server {
        server.abort();
    }
    engine.shutdown().await?;
    conclude(&followed?, as_json, Show::Result)
}

/// Shows the tree until the execution is over or the user stops waiting.
async fn follow(engine: &Engine, id: segue_core::id::ExecutionId) -> Result<Value> {
    let mut screen = Screen::default();
    let stop = server::stop_signal();
    tokio::pin!(stop);
    loop {
        let workflow = engine.read(id, |execution| view::workflow(execution, Tasks::Included)).await?;
        screen.draw(&tree::lines(&workflow));
        if is_over(&workflow) {
            return Ok(workflow);
        }
        tokio::select! {
            ended = engine.wait(id, PAUSE) => drop(ended?),
            () = &mut stop => return Err(Error::failed("stopped before the workflow was over")),
        }
    }
}

/// Task types that only a worker can do.
fn worker_types(definition: &WorkflowDef) -> Vec<String> {
    let blueprint = segue_core::plan::blueprint(definition, &|_| None);
    let Ok(plan) = segue_core::plan::compile(blueprint) else { return Vec::new() };
    let mut types: Vec<String> = plan
        .nodes()
        .filter(|(_, node)| matches!(node.kind, segue_core::plan::Kind::Worker))
        .map(|(_, node)| node.name.to_string())
        .collect();
    types.sort();
    types.dedup();
    types
}
