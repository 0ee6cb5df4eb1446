//! `segue evaluator`: what the server starts to run scripts in. Not for people, so no part of the command tree; the
//! other side of its pipes is `segue_handlers::Evaluators`.

use std::process::ExitCode;

/// Runs the evaluator if the command line is that. Before anything else, since its first act is to give up files,
/// new threads and the network.
pub(crate) fn run_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let is_asked = arguments.next().is_some_and(|first| first == "evaluator") && arguments.next().is_none();
    is_asked.then(segue_handlers::evaluator::run)
}
