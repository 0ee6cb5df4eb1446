//! Handlers that are programs: any language that reads and writes JSON.
//!
//! A program gets `{"task", "parameters", "workflow", …}` on standard input and in the file that `SEGUE_PAYLOAD` names.
//! Its result is what it writes to the file that `SEGUE_RESULT` names, or else what it prints: JSON if it can be read as
//! such, text otherwise. Standard error is its log. It fails by ending with another status than 0.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child as Process, Command};
use tokio::task::JoinHandle;
use tokio::time::{sleep, sleep_until, timeout};

use super::attempt::{Attempt, LogLine, Outcome, TaskError};
use super::child::next_line;
use super::options::HostOptions;
use super::reaper::{Group, Reaper};
use super::room::timed_out;

/// What a program may inherit of the environment.
const INHERITED: [&str; 12] = [
    "HOME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ",
    "USER",
];
/// A result is not longer.
const RESULT_BYTES_MAX: u64 = 64 << 20;
const LINES_MAX: usize = 1_000;
/// The end of the log that an error quotes.
const QUOTED_LINES: usize = 20;
const BUSY_TRIES: u32 = 20;
const BUSY_WAIT: Duration = Duration::from_millis(10);
/// What a program that ended may still have in its pipes.
const DRAIN_PATIENCE: Duration = Duration::from_millis(500);

/// Runs a program to its end.
pub(super) async fn run(
    path: &Path,
    attempt: &Arc<Attempt>,
    options: &HostOptions,
    reaper: &Reaper,
) -> Outcome {
    let prepared = match Prepared::of(path, attempt, options) {
        Ok(prepared) => prepared,
        Err(error) => {
            return Outcome::failed(TaskError::host(format!("a payload cannot be written: {error}")));
        }
    };
    let mut command = prepared.command(path, options);
    let (process, group) = match spawned(&mut command, reaper).await {
        Ok(started) => started,
        Err(error) => return Outcome::failed(not_started(path, &error)),
    };
    let mut program = Program { process: Some(process), group: Some(group), grace: options.grace };
    let Some((printed, logged)) = program.pipes(&prepared.payload, attempt, options) else {
        return Outcome::failed(TaskError::host("a program without pipes"));
    };
    let Some(status) = program.end(attempt).await else {
        let logs = gathered(logged).await;
        return Outcome { logs, ..Outcome::failed(timed_out(attempt)) };
    };
    // What it started and left behind may hold the pipes open.
    let printed = timeout(DRAIN_PATIENCE, printed).await;
    drop(program);
    let logs = gathered(logged).await;
    let printed = printed.ok().and_then(Result::ok).unwrap_or_else(|| Ok(Vec::new()));
    match result(status, printed, &prepared.result_path(), &logs) {
        Ok(result) => Outcome { result, logs, ..Outcome::default() },
        Err(error) => Outcome { logs, ..Outcome::failed(error) },
    }
}

/// What a program is given, in a folder of its own that goes with this.
struct Prepared {
    folder: tempfile::TempDir,
    payload: Vec<u8>,
}

impl Prepared {
    fn of(path: &Path, attempt: &Attempt, options: &HostOptions) -> io::Result<Self> {
        let mut payload = attempt.input.as_object().cloned().unwrap_or_default();
        let more = json!({
            "id": attempt.id,
            "handler": attempt.handler,
            "path": path.to_string_lossy(),
            "project": options.project.to_string_lossy(),
            "retries": attempt.retries,
            "workflow": attempt.workflow,
        });
        payload.extend(more.as_object().cloned().unwrap_or_default());
        let payload = serde_json::to_vec(&payload)?;
        let folder = tempfile::Builder::new().prefix("segue-").tempdir()?;
        std::fs::write(folder.path().join("payload.json"), &payload)?;
        Ok(Self { folder, payload })
    }

    fn result_path(&self) -> std::path::PathBuf {
        self.folder.path().join("result.json")
    }

    fn command(&self, path: &Path, options: &HostOptions) -> Command {
        let mut command = Command::new(path);
        command
            .env_clear()
            .envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .envs(options.environment.iter().map(|(name, value)| (name, value)))
            .env("SEGUE_PAYLOAD", self.folder.path().join("payload.json"))
            .env("SEGUE_RESULT", self.result_path())
            .current_dir(&options.working_directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// A file that was just written may be open for a moment in a process that is being started.
async fn spawned(command: &mut Command, reaper: &Reaper) -> io::Result<(Process, Group)> {
    for _ in 0..BUSY_TRIES {
        match reaper.spawn(command) {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => sleep(BUSY_WAIT).await,
            started => return started,
        }
    }
    reaper.spawn(command)
}

fn not_started(path: &Path, error: &io::Error) -> TaskError {
    let path = path.display();
    match error.kind() {
        ErrorKind::PermissionDenied => {
            TaskError::invalid(format!("{path} is no script and not executable: chmod +x {path}"))
        }
        _ => TaskError::invalid(format!("{path} cannot be started: {error}")),
    }
}

type Printed = JoinHandle<io::Result<Vec<u8>>>;
type Logged = JoinHandle<Vec<LogLine>>;

/// A program that runs. Dropping it asks it to end, and kills what is left of it after the grace period.
struct Program {
    process: Option<Process>,
    group: Option<Group>,
    grace: Duration,
}

impl Program {
    fn pipes(
        &mut self,
        payload: &[u8],
        attempt: &Arc<Attempt>,
        options: &HostOptions,
    ) -> Option<(Printed, Logged)> {
        let process = self.process.as_mut()?;
        let (mut input, output, errors) =
            (process.stdin.take()?, process.stdout.take()?, process.stderr.take()?);
        let payload = payload.to_vec();
        // It need not read its input.
        tokio::spawn(async move { input.write_all(&payload).await });
        let printed = tokio::spawn(async move {
            let mut printed = Vec::new();
            output.take(RESULT_BYTES_MAX + 1).read_to_end(&mut printed).await?;
            Ok(printed)
        });
        let (id, surroundings) = (Arc::from(attempt.id.as_str()), options.surroundings.clone());
        let logged = tokio::spawn(async move {
            let (mut errors, mut lines) = (BufReader::new(errors), Vec::new());
            while let Ok(Some(message)) = next_line(&mut errors).await {
                let line = LogLine { attempt: Some(Arc::clone(&id)), level: "info".to_owned(), message };
                surroundings.log(&line);
                if lines.len() == LINES_MAX {
                    lines.remove(0);
                }
                lines.push(line);
            }
            lines
        });
        Some((printed, logged))
    }

    /// Waits for its end, or ends it at the deadline.
    async fn end(&mut self, attempt: &Attempt) -> Option<ExitStatus> {
        let process = self.process.as_mut()?;
        if let Some(deadline) = attempt.deadline {
            tokio::select! {
                status = process.wait() => return status.ok(),
                () = sleep_until(deadline) => {}
            }
            self.put_down().await;
            return None;
        }
        process.wait().await.ok()
    }

    async fn put_down(&mut self) {
        if let (Some(process), Some(group)) = (self.process.as_mut(), &self.group) {
            group.signal(Signal::TERM);
            let _ = timeout(self.grace, process.wait()).await;
        }
        self.group = None;
        if let Some(mut process) = self.process.take() {
            let _ = process.wait().await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let is_running = self.process.as_mut().is_some_and(|process| matches!(process.try_wait(), Ok(None)));
        if let (true, Ok(runtime)) = (is_running, tokio::runtime::Handle::try_current()) {
            let mut left = Self { process: self.process.take(), group: self.group.take(), grace: self.grace };
            runtime.spawn(async move { left.put_down().await });
        }
    }
}

async fn gathered(logged: Logged) -> Vec<LogLine> {
    timeout(DRAIN_PATIENCE, logged).await.ok().and_then(Result::ok).unwrap_or_default()
}

fn result(
    status: ExitStatus,
    printed: io::Result<Vec<u8>>,
    written: &Path,
    logs: &[LogLine],
) -> Result<Option<Value>, TaskError> {
    if !status.success() {
        let quoted = &logs[logs.len().saturating_sub(QUOTED_LINES)..];
        let quoted: Vec<_> = quoted.iter().map(|line| line.message.as_str()).collect();
        let how = status.code().map_or_else(|| status.to_string(), |code| format!("code {code}"));
        return Err(TaskError::new("Error", format!("Process failed with {how}: {}", quoted.join("\n"))));
    }
    let is_written = std::fs::metadata(written);
    let text = match is_written {
        Ok(file) if file.len() > RESULT_BYTES_MAX => Err(io::Error::other("it is too long")),
        Ok(_) => std::fs::read(written),
        Err(_) => printed,
    };
    let text = text.map_err(|error| TaskError::host(format!("the result cannot be read: {error}")))?;
    if text.len() as u64 > RESULT_BYTES_MAX {
        return Err(TaskError::host(format!("the result is longer than {RESULT_BYTES_MAX} bytes")));
    }
    if text.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&text);
    Ok(Some(serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()))))
}
