//! The child process that evaluates scripts.
//!
//! It is our own binary, started by [`Evaluators`](crate::Evaluators) with an empty environment. It gives up
//! everything but its three pipes, says hello, and then answers one request after the other until its input ends.
//! Every script gets a fresh interpreter. Whatever a script does to the process, it does to itself alone: the parent
//! takes a new child.

mod deadline;
pub(crate) mod frames;
mod javascript;
mod jq;
mod python;
mod sandbox;

use std::io::{self, BufReader, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use deadline::Deadline;
use frames::{Answer, Hello, Purpose, Request, Start};

use crate::Language;

/// The stack of the thread that runs scripts. Interpreters stop themselves long before, or overflow it, which ends
/// the process.
const STACK_BYTES: usize = 16 << 20;
/// Above the processor time that a script may take, since the parent stops it first.
const CPU_SLACK: Duration = Duration::from_secs(1);

/// Does what the child does when this process was started as one, and ends the process. Any other process goes on.
///
/// A program that embeds [`Evaluators`](crate::Evaluators) and names itself as their program calls this before
/// anything else.
pub fn run_if_started_as_one() {
    if std::env::var_os(frames::START_VARIABLE).is_some() {
        let code = u8::from(run() != ExitCode::SUCCESS);
        std::process::exit(code.into());
    }
}

/// The child's whole life. To be called before the process opens files, starts threads or sets anything up.
pub fn run() -> ExitCode {
    let start = Start::of_environment();
    let served = match &start.python {
        Some(python) => python::become_python(python, &start),
        None => match sandbox::enter(&start) {
            Ok(sandbox) => serve_in_own_thread(sandbox),
            Err(reason) => frames::greet(&mut io::stdout(), &Hello::Refused(reason)),
        },
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve_in_own_thread(sandbox: sandbox::Sandbox) -> io::Result<()> {
    let scripts = std::thread::Builder::new().name("scripts".into()).stack_size(STACK_BYTES);
    let serving = scripts.spawn(move || {
        let sandbox = sandbox.close().map_err(io::Error::other)?;
        serve(&sandbox, &mut BufReader::new(io::stdin()), &mut io::stdout())
    })?;
    serving.join().unwrap_or_else(|_| Err(io::Error::other("the interpreter panicked")))
}

fn serve(sandbox: &sandbox::Closed, input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    let mut jq = jq::Jq::default();
    frames::greet(output, &Hello::Ready)?;
    while let Some(bytes) = frames::read(input)? {
        let request: Request<'_> = serde_json::from_slice(&bytes)?;
        let answer = answer(&request, sandbox, &mut jq);
        frames::write(output, &serde_json::to_vec(&answer)?)?;
    }
    Ok(())
}

fn answer(request: &Request<'_>, sandbox: &sandbox::Closed, jq: &mut jq::Jq) -> Answer {
    let time = Duration::from_millis(request.limits.time_ms);
    let deadline = Deadline::after(time);
    sandbox.allow_processor_time(time + CPU_SLACK);
    let result = match (request.language, request.purpose) {
        (Language::JavaScript, Purpose::Evaluate) => javascript::evaluate(request, deadline),
        (Language::JavaScript, Purpose::Check) => javascript::check(request, deadline),
        (Language::JavaScript, Purpose::Run) => javascript::run(request, deadline),
        (Language::Jq, Purpose::Evaluate) => jq.evaluate(request, deadline),
        (Language::Jq, Purpose::Check) => jq.check(&request.source),
        (Language::Jq, Purpose::Run) => Err(frames::Failure::Failed("a filter is no program".into())),
        (Language::Python, _) => Err(frames::Failure::Failed("this child has no Python".into())),
    };
    match result {
        Ok(text) => Answer::Done { result: text, is_worn: sandbox.is_worn() },
        Err(failure) => Answer::Not(failure),
    }
}
