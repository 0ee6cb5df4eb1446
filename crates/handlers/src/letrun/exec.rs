//! `exec`: a program, without a shell. Its standard output is the result, read as JSON where it is.
//!
//! It leads a process group of its own, all of which is ended at its timeout, and when nobody waits for it any more.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional, required};
use super::values::to_text;
use super::{Done, Failed, Level, access};

pub(super) const SCHEMA: [Field; 6] = [
    required("cmd", Kind::Text),
    optional("args", Kind::List),
    optional("timeoutMs", Kind::Whole),
    optional("cwd", Kind::Text),
    optional("env", Kind::Object),
    optional("stdin", Kind::Printed),
];
/// What is kept of each of its streams.
const STREAM_BYTES_MAX: usize = 16 << 20;
/// Between being asked to end and being killed.
const GRACE: Duration = Duration::from_secs(2);
/// What a reason can bear of standard error.
const REASON_CHARS_MAX: usize = 4_000;

pub(super) async fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let parameters = Parameters::read(call, &SCHEMA)?;
    let mut running = start(call, &parameters)?;
    let input = parameters.text("stdin").unwrap_or_default();
    let ended = match parameters.whole("timeoutMs") {
        Some(limit_ms) => {
            timeout(Duration::from_millis(limit_ms), running.end(input)).await.map_err(|_| limit_ms)
        }
        None => Ok(running.end(input).await),
    };
    match ended {
        Ok(ended) => result(call, ended.map_err(|error| Failed::error(format!("Process failed: {error}")))?),
        Err(limit_ms) => {
            running.stop().await;
            Err(Failed::new("TimeoutError", format!("Command timed out: {limit_ms} ms")))
        }
    }
}

fn result(call: &Call<'_>, ended: Ended) -> Result<Done, Failed> {
    let Ended { status, output, errors } = ended;
    let errors = errors.text()?;
    if !status.success() {
        let code = status.code().map_or_else(|| "null".to_owned(), |code| code.to_string());
        let shown: String = errors.chars().take(REASON_CHARS_MAX).collect();
        return Err(Failed::error(format!("Process failed with code {code}: {shown}"))
            .with("code", status.code().into()));
    }
    for line in errors.lines() {
        (call.services.logger)(Level::Debug, line);
    }
    let output = output.text()?;
    let value = serde_json::from_str(&output).unwrap_or(Value::String(output));
    Ok(Done::result(value))
}

fn start(call: &Call<'_>, parameters: &Parameters) -> Result<Running, Failed> {
    let directory = access::directory(call)?;
    let program = parameters.text("cmd").unwrap_or_default();
    let mut command = Command::new(program);
    command
        .args(parameters.list("args").iter().map(to_text))
        .envs(parameters.object("env").map(|(name, value)| (name, to_text(value))))
        .current_dir(parameters.text("cwd").map_or_else(|| directory.clone(), |path| directory.join(path)))
        .stdin(if parameters.get("stdin").is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let child = command
        .spawn()
        .map_err(|error| Failed::error(format!("Failed to start process: {program}: {error}")))?;
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    Ok(Running { child, group })
}

/// A program. Dropping it while it is under way kills its group.
struct Running {
    child: Child,
    group: Option<Pid>,
}

/// What a program has left.
struct Ended {
    status: ExitStatus,
    output: Stream,
    errors: Stream,
}

impl Running {
    async fn end(&mut self, input: &str) -> std::io::Result<Ended> {
        let stdin = self.child.stdin.take();
        let stdout = self.child.stdout.take();
        let stderr = self.child.stderr.take();
        let say = async {
            if let Some(mut stdin) = stdin {
                // A program that does not read all of it may still do well.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
        };
        let ((), output, errors) = tokio::join!(say, Stream::read(stdout), Stream::read(stderr));
        let status = self.child.wait().await?;
        // What it has left behind on purpose goes on.
        self.group = None;
        Ok(Ended { status, output: output?, errors: errors? })
    }

    /// Asks the group to end, and kills what is left of it.
    async fn stop(&mut self) {
        self.signal(Signal::TERM);
        let _ = timeout(GRACE, self.child.wait()).await;
        self.signal(Signal::KILL);
        let _ = self.child.wait().await;
        self.group = None;
    }

    fn signal(&self, signal: Signal) {
        // A group that has ended is what is wanted.
        let _ = self.group.map(|group| kill_process_group(group, signal));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// What a program wrote, as far as it is kept.
struct Stream {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Stream {
    /// Reads to the end, so that the program is never held up, and keeps the beginning.
    async fn read(source: Option<impl AsyncRead + Unpin>) -> std::io::Result<Self> {
        let mut stream = Self { bytes: Vec::new(), is_cut: false };
        let Some(mut source) = source else { return Ok(stream) };
        let mut part = vec![0; 64 << 10];
        loop {
            let read = source.read(&mut part).await?;
            if read == 0 {
                return Ok(stream);
            }
            let room = STREAM_BYTES_MAX - stream.bytes.len();
            stream.bytes.extend_from_slice(&part[..read.min(room)]);
            stream.is_cut |= read > room;
        }
    }

    fn text(self) -> Result<String, Failed> {
        if self.is_cut {
            return Err(Failed::error(format!("the process wrote more than {STREAM_BYTES_MAX} bytes")));
        }
        Ok(String::from_utf8_lossy(&self.bytes).into_owned())
    }
}
