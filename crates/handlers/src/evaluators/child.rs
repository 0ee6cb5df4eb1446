//! One child process: started, asked one thing at a time, killed.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::{EvaluationError, EvaluatorOptions};
use crate::evaluator::frames::{
    self, Answer, Failure, Hello, MAGIC, RESULT_LEVELS_MAX, START_VARIABLE, Start,
};

/// A process that has not said hello by then will not.
const START_PATIENCE: Duration = Duration::from_secs(20);
/// The harness of a test says less before its test begins.
const NOISE_BYTES_MAX: usize = 4_096;
/// Around a result, or instead of one.
const ANSWER_BYTES: usize = 64 << 10;
/// An interpreter stops its script itself where it can; the parent waits so much longer for it to say so.
const GRACE: Duration = Duration::from_millis(100);
/// The end of what a dead child has said on standard error.
const LAST_WORDS_BYTES: u64 = 16 << 10;

pub(super) struct Child {
    process: tokio::process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    errors: ChildStderr,
}

/// Why a child did not answer. It is of no further use.
pub(super) enum Fate {
    /// It did not take the question.
    Unasked,
    /// It was killed at its deadline.
    Killed,
    /// It died over the question.
    Died(Failure),
}

impl Fate {
    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Unasked => Failure::failed("the evaluator ended before it was asked"),
            Self::Killed => Failure::TimedOut,
            Self::Died(failure) => failure,
        }
    }
}

impl Child {
    /// Starts a child for JavaScript and jq, or for one script of Python, and hears its hello.
    pub(super) async fn start(
        options: &EvaluatorOptions,
        python: Option<&Path>,
    ) -> Result<Self, EvaluationError> {
        let unavailable =
            |reason: String| EvaluationError::Unavailable(format!("scripts cannot be run: {reason}"));
        let mut child = Self::spawn(options, python).map_err(|error| unavailable(error.to_string()))?;
        match timeout(START_PATIENCE, child.hello()).await {
            Ok(Ok(Hello::Ready)) => Ok(child),
            Ok(Ok(Hello::Refused(reason))) => Err(unavailable(reason)),
            Ok(Err(error)) => Err(unavailable(format!("the evaluator did not start: {error}"))),
            Err(_) => Err(unavailable("the evaluator did not start in time".to_owned())),
        }
    }

    fn spawn(options: &EvaluatorOptions, python: Option<&Path>) -> std::io::Result<Self> {
        let program = options.program.clone().map_or_else(std::env::current_exe, Ok)?;
        let start = Start {
            memory_bytes: options.memory_bytes,
            time_ms: options.time_ms(),
            python: python.map(|path| path.to_string_lossy().into_owned()),
        };
        let mut process = Command::new(program)
            .args(&options.arguments)
            .env_clear()
            .env(START_VARIABLE, serde_json::to_string(&start)?)
            // An allocator that takes a gigabyte ahead could not be held to less.
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let lost = || std::io::Error::other("the evaluator has no pipes");
        let input = process.stdin.take().ok_or_else(lost)?;
        let output = BufReader::new(process.stdout.take().ok_or_else(lost)?);
        let errors = process.stderr.take().ok_or_else(lost)?;
        Ok(Self { process, input, output, errors })
    }

    async fn hello(&mut self) -> std::io::Result<Hello> {
        let mut heard = Vec::with_capacity(256);
        while !heard.ends_with(MAGIC) {
            if heard.len() > NOISE_BYTES_MAX {
                return Err(std::io::Error::other("it is not an evaluator"));
            }
            heard.push(self.output.read_u8().await?);
        }
        Ok(serde_json::from_slice(&self.read(NOISE_BYTES_MAX).await?)?)
    }

    /// Asks and waits for the answer. Without one in time, the child is killed.
    pub(super) async fn ask(&mut self, frame: &[u8], options: &EvaluatorOptions) -> Result<Answer, Fate> {
        let answer_bytes_max = options.result_bytes_max + ANSWER_BYTES;
        let asked = async {
            self.input.write_all(frame).await.map_err(|_| ())?;
            Ok(self.read(answer_bytes_max).await)
        };
        match timeout(options.time_limit + GRACE, asked).await {
            Ok(Ok(Ok(payload))) => answer(&payload),
            Ok(Ok(Err(error))) if error.kind() == ErrorKind::InvalidData => {
                self.kill().await;
                Err(Fate::Died(Failure::result_too_large(options.result_bytes_max)))
            }
            Ok(Ok(Err(_))) => Err(self.fate().await),
            Ok(Err(())) => Err(Fate::Unasked),
            Err(_) => {
                self.kill().await;
                Err(Fate::Killed)
            }
        }
    }

    async fn read(&mut self, bytes_max: usize) -> std::io::Result<Vec<u8>> {
        let mut head = [0; 4];
        self.output.read_exact(&mut head).await?;
        let mut payload = vec![0; frames::length(head, bytes_max)?];
        self.output.read_exact(&mut payload).await?;
        Ok(payload)
    }

    async fn kill(&mut self) -> Option<ExitStatus> {
        // It may have ended by itself.
        let _ = self.process.start_kill();
        self.process.wait().await.ok()
    }

    /// What a child that closed its pipe died of.
    async fn fate(&mut self) -> Fate {
        let mut words = Vec::new();
        let mut errors = (&mut self.errors).take(LAST_WORDS_BYTES);
        // Only a child that closed one pipe and lives would keep the other open.
        let _ = timeout(Duration::from_secs(1), errors.read_to_end(&mut words)).await;
        let words = String::from_utf8_lossy(&words).into_owned();
        let status = match self.process.try_wait() {
            Ok(Some(status)) => Some(status),
            _ => self.kill().await,
        };
        Fate::Died(cause(status, &words))
    }
}

/// A child that has run a script is not to be believed: what it sends is read, and held against the bounds again.
fn answer(payload: &[u8]) -> Result<Answer, Fate> {
    match serde_json::from_slice(payload) {
        Ok(Answer::Done { result, .. }) if result.nests_deeper_than(RESULT_LEVELS_MAX) => {
            Ok(Answer::Not(Failure::result_too_deep()))
        }
        Ok(answer) => Ok(answer),
        Err(error) => Err(Fate::Died(Failure::failed(format!("the evaluator answered nonsense: {error}")))),
    }
}

fn cause(status: Option<ExitStatus>, words: &str) -> Failure {
    use std::os::unix::process::ExitStatusExt;

    let signal = status.and_then(|status| status.signal());
    if words.contains("memory allocation of") {
        return Failure::OutOfMemory;
    }
    if words.contains("overflowed its stack") {
        return Failure::failed("the script recurses too deeply");
    }
    if signal == Some(rustix::process::Signal::XCPU.as_raw()) {
        return Failure::TimedOut;
    }
    let ended = status.map_or_else(|| "ended".to_owned(), |status| format!("ended with {status}"));
    let last = words.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Failure::failed(format!("the evaluator {ended} while it ran the script: {last}"))
}
