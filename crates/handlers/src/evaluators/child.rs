//! One child process: started, asked one thing at a time, killed.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::pace::{self, Pace, Verdict, Watch};
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
/// The end of what a dead child has said on standard error.
const LAST_WORDS_BYTES: u64 = 16 << 10;

pub(super) struct Child {
    process: tokio::process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    errors: ChildStderr,
    pace: Pace,
    work: Duration,
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

    fn spawn(options: &EvaluatorOptions, python: Option<&Path>) -> io::Result<Self> {
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
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let lost = || io::Error::other("the evaluator has no pipes");
        let input = process.stdin.take().ok_or_else(lost)?;
        let output = BufReader::new(process.stdout.take().ok_or_else(lost)?);
        let errors = process.stderr.take().ok_or_else(lost)?;
        Ok(Self { process, input, output, errors, pace: Pace::Quick, work: Duration::ZERO })
    }

    async fn hello(&mut self) -> io::Result<Hello> {
        let mut heard = Vec::with_capacity(256);
        while !heard.ends_with(MAGIC) {
            if heard.len() > NOISE_BYTES_MAX {
                return Err(io::Error::other("it is not an evaluator"));
            }
            heard.push(self.output.read_u8().await?);
        }
        Ok(serde_json::from_slice(&read(&mut self.output, NOISE_BYTES_MAX).await?)?)
    }

    /// Quick until it has given way to others.
    pub(super) fn pace(&self) -> Pace {
        self.pace
    }

    /// The processor time of the last question.
    pub(super) fn work(&self) -> Duration {
        self.work
    }

    /// From now on it goes at this pace.
    pub(super) fn set_pace(&mut self, pace: Pace) {
        if self.pace == Pace::Quick && pace == Pace::Long {
            pace::give_way(self.process.id());
            self.pace = pace;
        }
    }

    /// Asks and waits for the answer. Without one in time, the child is killed.
    pub(super) async fn ask(&mut self, frame: &[u8], options: &EvaluatorOptions) -> Result<Answer, Fate> {
        let watch = Watch::begin(self.process.id(), options);
        let answered = self.ask_within(&watch, frame, options).await;
        self.work = watch.work();
        match answered {
            Some(Ok(Ok(payload))) => answer(&payload),
            Some(Ok(Err(error))) if error.kind() == ErrorKind::InvalidData => {
                self.kill().await;
                Err(Fate::Died(Failure::result_too_large(options.result_bytes_max)))
            }
            Some(Ok(Err(_))) => Err(self.fate().await),
            Some(Err(())) => Err(Fate::Unasked),
            None => {
                self.kill().await;
                Err(Fate::Killed)
            }
        }
    }

    /// What was read, unless the question was not taken; nothing when the time is over.
    async fn ask_within(
        &mut self,
        watch: &Watch,
        frame: &[u8],
        options: &EvaluatorOptions,
    ) -> Option<Result<io::Result<Vec<u8>>, ()>> {
        let answer_bytes_max = options.result_bytes_max + ANSWER_BYTES;
        let (input, output) = (&mut self.input, &mut self.output);
        let asked = async {
            input.write_all(frame).await.map_err(|_| ())?;
            Ok(read(output, answer_bytes_max).await)
        };
        tokio::pin!(asked);
        let mut wait = watch.first_wait(self.pace);
        loop {
            if let Ok(answered) = timeout(wait, &mut asked).await {
                return Some(answered);
            }
            match watch.look(self.pace) {
                Verdict::Wait(longer) => wait = longer,
                Verdict::GiveWay => {
                    pace::give_way(self.process.id());
                    self.pace = Pace::Long;
                    wait = watch.first_wait(self.pace);
                }
                Verdict::Stop => return None,
            }
        }
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

async fn read(output: &mut BufReader<ChildStdout>, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut head = [0; 4];
    output.read_exact(&mut head).await?;
    let mut payload = vec![0; frames::length(head, bytes_max)?];
    output.read_exact(&mut payload).await?;
    Ok(payload)
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
