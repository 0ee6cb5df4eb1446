//! `segue`, the command line: the server, executions from files, and an operator's calls.
//!
//! Standard output is data, standard error everything else. Exit codes: 0 done, 1 the workflow failed, 2 usage
//! or bad input, 3 server or I/O.

mod api;
mod bench;
mod commands;
mod error;
mod input;
mod letrun;
mod print;
mod project;
#[cfg(test)]
mod reference;
mod screen;
mod tree;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Some(code) = commands::evaluator::run_if_asked() {
        return code;
    }
    let cli = commands::Cli::parse();
    let level = if cli.verbose { "info" } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("SEGUE_LOG").unwrap_or_else(|_| level.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // Who reads the log may go away; that is no reason to stop.
        .log_internal_errors(false)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => return error::Error::io(format!("cannot start: {cause}")).report(cli.json),
    };
    let json = cli.json;
    match runtime.block_on(commands::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(json),
    }
}
