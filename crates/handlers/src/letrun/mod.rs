//! letrun's system tasks.
//!
//! A letrun file becomes a definition whose tasks wait in queues named `letrun.<system task>`. [`run`] does one attempt
//! at such a task: the queue's name and the attempt's input go in, the attempt's output comes out. Control flow is in
//! here only as far as something must be computed (which branch, which rounds, whether an error is caught); what
//! follows from it is said by the definition.
//!
//! What touches the machine (`exec`, `read-file`, `write-file`, a `lambda` from a file) is done only where
//! [`Services::directory`] says so.

mod access;
mod call;
mod catch;
mod delay;
mod describe;
mod exec;
mod expect;
mod failed;
mod for_loop;
mod http;
mod if_else;
mod iterate;
mod lambda;
mod log;
mod parameters;
mod read_file;
mod script;
mod services;
mod switch;
mod values;
mod while_loop;
mod write_file;

use std::time::Duration;

use serde_json::{Map, Value};

use call::Call;
pub use describe::{Description, described};
pub use failed::{Failed, TERMINAL_ERRORS, is_terminal};
pub use services::{Level, Logger, Services};

/// What names a queue of system tasks: `letrun.log`.
pub const QUEUE_PREFIX: &str = "letrun.";
/// The system tasks that need nothing of the machine they run on.
pub const ANYWHERE: [&str; 13] = [
    "log", "delay", "http", "lambda", "if", "switch", "for", "while", "iterate", "catch", "rethrow",
    "caught", "expect",
];
/// The system tasks that read, write and start what the machine has.
pub const ON_A_MACHINE: [&str; 3] = ["exec", "read-file", "write-file"];
/// Rounds of one `for` or `iterate`.
pub const ROUNDS_MAX: usize = 100_000;

/// How an attempt ended, or paused.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// The attempt's whole output: `{"result": …}`, or what to remember until it goes on.
    pub output: Value,
    /// The attempt is not over: run it again after this time, with `output` as [`Services::earlier`].
    pub park: Option<Duration>,
}

impl Done {
    /// `{"result": …}`; the key is absent where JavaScript would have `undefined`.
    fn result(value: impl Into<Option<Value>>) -> Self {
        let fields = value.into().map(|value| ("result".to_owned(), value));
        Self { output: Value::Object(fields.into_iter().collect()), park: None }
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        if let Value::Object(fields) = &mut self.output {
            fields.insert(name.to_owned(), value);
        }
        self
    }
}

/// Does one attempt at a system task, named as its handler or its queue: `log`, `letrun.log`.
///
/// The input is `{"handler", "task", "parameters", …}` as the definition has it.
///
/// # Errors
/// [`Failed`], which says how the attempt failed and whether another may help.
pub async fn run(system: &str, input: &Value, services: &Services) -> Result<Done, Failed> {
    let system = system.strip_prefix(QUEUE_PREFIX).unwrap_or(system);
    let call = Call::new(system, input, services);
    match system {
        "log" => log::run(&call),
        "delay" => delay::run(&call),
        "http" => http::run(&call).await,
        "lambda" => lambda::run(&call).await,
        "if" => if_else::run(&call).await,
        "switch" => switch::run(&call).await,
        "for" => for_loop::run(&call),
        "while" => while_loop::run(&call).await,
        "iterate" => iterate::run(&call),
        "catch" => catch::run(&call).await,
        "rethrow" => catch::rethrow(&call),
        "caught" => catch::caught(&call),
        "expect" => expect::run(&call),
        "exec" => exec::run(&call).await,
        "read-file" => read_file::run(&call).await,
        "write-file" => write_file::run(&call).await,
        unknown => Err(Failed::invalid(format!("{unknown} is no system task"))),
    }
}

/// Like [`run`], but waits where the attempt would pause: for callers that have no queue to put it back in.
///
/// # Errors
/// As [`run`].
pub async fn run_to_end(system: &str, input: &Value, services: &Services) -> Result<Value, Failed> {
    let mut services = services.clone();
    loop {
        let done = run(system, input, &services).await?;
        let Some(pause) = done.park else { return Ok(done.output) };
        tokio::time::sleep(pause).await;
        services.now_ms =
            services.now_ms.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
        services.earlier = done.output;
    }
}

/// The rounds of a loop, and its state after the last.
fn rounds(states: Vec<Value>, last: Value) -> Done {
    let fields = [("rounds".to_owned(), Value::Array(states)), ("final".to_owned(), last)];
    Done::result(Value::Object(Map::from_iter(fields)))
}

fn too_many_rounds(call: &Call<'_>) -> Failed {
    Failed::invalid(format!("{} has more than {ROUNDS_MAX} rounds", call.named()))
}
