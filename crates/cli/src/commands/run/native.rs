//! A definition in Conductor's format.

use std::net::SocketAddr;
use std::time::Duration;

use segue_core::decide::Start;
use segue_core::definition::WorkflowDef;
use segue_core::json::Json;
use segue_core::view::{self, Tasks};
use segue_engine::{Engine, StartBy};
use segue_server::{Server, ServerOptions};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::Args;
use crate::commands::stop::Stop;
use crate::commands::watch::{Show, conclude, is_over};
use crate::commands::{def, server};
use crate::error::{Error, Result};
use crate::letrun::file::Rules;
use crate::screen::Screen;
use crate::{input, tree};

const PAUSE: Duration = Duration::from_millis(50);

pub(super) async fn run(args: Args, as_json: bool) -> Result<()> {
    let definitions = def::read(&args.file, Rules::default()).await?;
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
    let url = args.save.as_ref().map_or_else(|| "memory:".to_owned(), |path| format!("sqlite:{path}"));
    let engine = server::open_engine(segue_store::open(&url).await?, args.how.http.http_allow).await?;
    engine.put_workflows(&definitions, segue_store::contract::Overwrite::Allowed).await?;
    let server = match args.serve {
        Some(port) => Some(serve_workers(&engine, port).await?),
        None => None,
    };
    let start = Start { input, ..Start::default() };
    let mut stop = Stop::listen()?;
    let started = engine.start(StartBy::Definition(Box::new(definition)), start).await?;
    let followed = follow(&engine, started.execution, args.how.pipe, &mut stop).await;
    if let Some(server) = server {
        server.abort();
    }
    engine.shutdown().await?;
    let workflow = followed?;
    if let Some(path) = &args.how.output {
        crate::letrun::output::write(path, &workflow["output"])?;
    }
    conclude(&workflow, as_json, Show::Result)
}

/// Serves workers on a port of this machine, until the task is aborted.
pub(super) async fn serve_workers(engine: &Engine, port: u16) -> Result<JoinHandle<std::io::Result<()>>> {
    let listen = SocketAddr::from(([127, 0, 0, 1], port));
    let options = ServerOptions { listen, ..ServerOptions::default() };
    let server = Server::bind(engine.clone(), options).await.map_err(|error| Error::io(error.to_string()))?;
    eprintln!("workers can poll {}", server.url());
    Ok(tokio::spawn(server.run(std::future::pending())))
}

/// Shows the tree until the execution is over or the user stops waiting.
async fn follow(
    engine: &Engine,
    id: segue_core::id::ExecutionId,
    is_quiet: bool,
    stop: &mut Stop,
) -> Result<Value> {
    let mut screen = if is_quiet { Screen::quiet() } else { Screen::default() };
    loop {
        let workflow = engine.read(id, |execution| view::workflow(execution, Tasks::Included)).await?;
        screen.draw(&tree::lines(&workflow));
        if is_over(&workflow) {
            return Ok(workflow);
        }
        tokio::select! {
            ended = engine.wait(id, PAUSE) => drop(ended?),
            () = stop.told() => return Err(Error::failed("stopped before the workflow was over")),
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
