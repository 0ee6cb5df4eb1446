//! The command tree, one file per command.

mod bench;
mod completions;
mod config;
mod control;
mod convert;
mod def;
pub(crate) mod evaluator;
mod events;
mod handler;
mod import;
mod ls;
mod plugin;
mod resume;
mod run;
mod runs;
mod schedule;
pub(crate) mod server;
mod show;
mod start;
pub(crate) mod stop;
mod store;
mod task;
mod watch;
mod why;
mod worker;

use clap::{Parser, Subcommand};

use crate::api::Api;
use crate::error::Result;

/// Durable tasks and workflows: one binary, one engine.
#[derive(Debug, Parser)]
#[command(name = "segue", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    /// The server that commands talk to.
    #[arg(
        long,
        global = true,
        env = "SEGUE_SERVER",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8080",
        value_name = "URL"
    )]
    pub(crate) server: String,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Log more to standard error (SEGUE_LOG sets the filter).
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  segue server                                  serve on 127.0.0.1:8080, data in ./segue.db
  segue def register order.json                 register a definition
  segue start order --input '{\"id\": 7}' --wait  run it and print its output
  segue why ID                                  why an execution is not moving

Exit codes: 0 done, 1 the workflow failed, 2 usage or bad input, 3 server or I/O.";

#[derive(Debug, Subcommand)]
enum Command {
    Server(server::Args),
    Run(run::Args),
    #[command(subcommand)]
    Runs(runs::Command),
    #[command(subcommand)]
    Handler(handler::Command),
    #[command(subcommand)]
    Plugin(plugin::Command),
    Convert(convert::Args),
    Worker(worker::Args),
    #[command(subcommand)]
    Def(def::Command),
    #[command(subcommand)]
    Import(import::Command),
    #[command(subcommand)]
    Events(events::Command),
    Start(start::Args),
    Ls(ls::Args),
    Show(show::Args),
    Watch(watch::Args),
    Why(why::Args),
    Pause(control::Pause),
    Resume(resume::Args),
    Terminate(control::Terminate),
    Retry(control::Retry),
    Restart(control::Restart),
    Rerun(control::Rerun),
    Skip(control::Skip),
    Jump(control::Jump),
    Upgrade(control::Upgrade),
    #[command(subcommand)]
    Task(task::Command),
    #[command(subcommand)]
    Schedule(schedule::Command),
    Bench(bench::Args),
    #[command(subcommand)]
    Store(store::Command),
    #[command(subcommand)]
    Config(config::Command),
    Completions(completions::Args),
}

/// What every command that calls a server is given.
pub(crate) struct Context {
    pub(crate) api: Api,
    pub(crate) json: bool,
}

/// Runs a parsed command line.
pub(crate) async fn run(cli: Cli) -> Result<()> {
    let context = Context { api: Api::new(&cli.server)?, json: cli.json };
    match cli.command {
        Command::Server(args) => server::run(args).await,
        Command::Run(args) => run::run(args, cli.json).await,
        Command::Runs(command) => runs::run(command, cli.json).await,
        Command::Handler(command) => handler::run(command, cli.json).await,
        Command::Plugin(command) => plugin::run(command, cli.json).await,
        Command::Convert(args) => convert::run(&args, cli.json).await,
        Command::Worker(args) => worker::run(args, &cli.server).await,
        Command::Def(command) => def::run(command, &context).await,
        Command::Import(command) => import::run(command, &context).await,
        Command::Events(command) => events::run(command, &context).await,
        Command::Start(args) => start::run(args, &context).await,
        Command::Ls(args) => ls::run(args, &context).await,
        Command::Show(args) => show::run(args, &context).await,
        Command::Watch(args) => watch::run(args, &context).await,
        Command::Why(args) => why::run(args, &context).await,
        Command::Pause(args) => args.run(&context).await,
        Command::Resume(args) => resume::run(args, &context).await,
        Command::Terminate(args) => args.run(&context).await,
        Command::Retry(args) => args.run(&context).await,
        Command::Restart(args) => args.run(&context).await,
        Command::Rerun(args) => args.run(&context).await,
        Command::Skip(args) => args.run(&context).await,
        Command::Jump(args) => args.run(&context).await,
        Command::Upgrade(args) => args.run(&context).await,
        Command::Task(command) => task::run(command, &context).await,
        Command::Schedule(command) => schedule::run(command, &context).await,
        Command::Bench(args) => bench::run(args, cli.json).await,
        Command::Store(command) => store::run(command, cli.json).await,
        Command::Config(command) => config::run(command, cli.json),
        Command::Completions(args) => completions::run(&args),
    }
}

/// The whole tree, for completions and the reference.
pub(crate) fn tree() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}
