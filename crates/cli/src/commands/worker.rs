//! `segue worker`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use segue_client::{Client, Worker, WorkerOptions, WorkerPool};
use segue_dialects::letrun::SCRIPT_QUEUE;
use tokio::sync::watch;

use super::server::HttpArgs;
use super::stop::Stop;
use crate::error::{Error, Result};
use crate::letrun::file::Reading;
use crate::letrun::remote::Remote;
use crate::letrun::setup::{Setup, Surface, level};
use crate::project::Project;
use crate::screen::Screen;

/// Do the handlers of a project for a server.
///
/// A server runs no scripts and touches no files: tasks of letrun files that do wait until a worker of their project takes
/// them. Their relative paths begin in the project. Ctrl-C lets what is under way finish; what does not in time, or at a second Ctrl-C, is given back.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue worker --project songs/
  segue worker --server http://127.0.0.1:9000 --concurrency 16
  segue worker --project songs/ --domain studio")]
pub(crate) struct Args {
    /// A file or folder of the project.
    #[arg(long, default_value = ".", value_name = "PATH")]
    project: PathBuf,
    /// Take only tasks of this domain.
    #[arg(long)]
    domain: Option<String>,
    /// Tasks at a time.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1000))]
    concurrency: u16,
    /// Seconds that tasks under way have to finish when it stops.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    grace: u64,
    /// Show lines of handlers from this level on: error, warn, info, verbose, debug.
    #[arg(short, long, value_name = "LEVEL", value_parser = ["error", "warn", "info", "verbose", "debug"])]
    log: Option<String>,
    #[command(flatten)]
    http: HttpArgs,
}

pub(crate) async fn run(args: Args, server: &str) -> Result<()> {
    let project = Project::of(&args.project)?;
    // What a task reads and writes must not depend on where its worker was started.
    std::env::set_current_dir(&project.root)?;
    let surface = Surface::new(Screen::default(), &level(args.log.as_deref(), &project));
    let setup = Setup::new(project, Reading::default(), surface, args.http.http_allow).await?;
    let client = Client::new(server).map_err(|error| Error::io(error.to_string()))?;
    let gives_up = watch::Sender::new(false);
    let remote = Arc::new(Remote::new(client.clone(), &setup, gives_up.subscribe()));
    let worker = Worker::new(SCRIPT_QUEUE, move |task| {
        let remote = remote.clone();
        async move { remote.run(task).await }
    });
    let options = WorkerOptions {
        concurrency: Some(args.concurrency.into()),
        domain: args.domain,
        ..WorkerOptions::default()
    };
    let pool = WorkerPool::new(client, vec![worker], options);
    let mut stop = Stop::listen()?;
    pool.start();
    eprintln!("the handlers of {} are done for {server} (Ctrl-C stops it)", setup.project.root.display());
    stop.told().await;
    eprintln!("stopping: tasks under way have {} s to finish", args.grace);
    let stopping = pool.stop();
    tokio::pin!(stopping);
    tokio::select! {
        () = &mut stopping => {}
        () = stop.told() => give_back(&gives_up, stopping).await,
        () = tokio::time::sleep(Duration::from_secs(args.grace)) => give_back(&gives_up, stopping).await,
    }
    setup.loggers.flush().await;
    setup.host.stop().await;
    Ok(())
}

async fn give_back(gives_up: &watch::Sender<bool>, stopping: impl Future<Output = ()>) {
    gives_up.send_replace(true);
    stopping.await;
}
