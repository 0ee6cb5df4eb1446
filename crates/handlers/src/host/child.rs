//! One long-lived child process that runs many attempts at once.

use std::collections::HashMap;
use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::Signal;
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child as Process, Command};
use tokio::sync::{Notify, mpsc, oneshot};

use super::attempt::{Attempt, LogLine};
use super::reaper::{Group, Reaper};
use super::wire::{self, Done, FromChild, ToChild, Want};

/// Lines of an attempt that its outcome keeps.
const LINES_MAX: usize = 1_000;
/// A line of what is printed is cut there.
const LINE_BYTES_MAX: usize = 16 << 10;
/// The end of what a child has printed, for the error that says how it died.
const LAST_WORDS: usize = 5;

/// How a child came to its end.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// By itself, with its last words.
    Died(String),
    /// It was killed because what ran under this id did not end.
    Killed(u64),
    /// It was stopped.
    Stopped,
}

/// What an attempt in a child got.
pub(super) type Answer = Result<(Done, Vec<LogLine>), End>;

/// What a child wants to know is answered by whoever started it.
pub(super) trait Asked: Send + Sync {
    /// Answers, some time, by [`Child::reply`].
    fn ask(&self, child: &Arc<Child>, id: u64, of: Option<Arc<Attempt>>, want: Want);
    /// Takes a line as it comes.
    fn log(&self, line: &LogLine);
}

struct Running {
    attempt: Option<Arc<Attempt>>,
    logs: Vec<LogLine>,
    answer: oneshot::Sender<Answer>,
}

pub(super) struct Child {
    group: Mutex<Option<Group>>,
    outbox: mpsc::UnboundedSender<Vec<u8>>,
    running: Mutex<HashMap<u64, Running>>,
    settled: Notify,
    next_id: AtomicU64,
    end: Mutex<Option<End>>,
    last_words: Mutex<Vec<String>>,
    grace: Duration,
}

impl Child {
    /// Starts a command whose descriptor 3 is `socket`'s other end.
    pub(super) fn start(
        command: &mut Command,
        socket: UnixStream,
        reaper: &Reaper,
        asked: Arc<dyn Asked>,
        grace: Duration,
    ) -> io::Result<(Arc<Self>, mpsc::UnboundedReceiver<FromChild>)> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (mut process, group) = reaper.spawn(command)?;
        let (input, output) = socket.into_split();
        let child = Arc::new(Self {
            group: Mutex::new(Some(group)),
            outbox: outbox(output),
            running: Mutex::default(),
            settled: Notify::new(),
            next_id: AtomicU64::new(1),
            end: Mutex::default(),
            last_words: Mutex::default(),
            grace,
        });
        let printing = [
            process.stdout.take().map(|pipe| tokio::spawn(child.clone().print(pipe, "info", asked.clone()))),
            process.stderr.take().map(|pipe| tokio::spawn(child.clone().print(pipe, "warn", asked.clone()))),
        ];
        let (greeting, greetings) = mpsc::unbounded_channel();
        let listening = child.clone();
        tokio::spawn(async move {
            listening.listen(input, asked, greeting).await;
            for pipe in printing.into_iter().flatten() {
                // A process that left the group may hold the pipe open.
                let _ = tokio::time::timeout(Duration::from_millis(500), pipe).await;
            }
            listening.bury(process).await;
        });
        Ok((child, greetings))
    }

    /// Whether it takes no more attempts.
    pub(super) fn has_ended(&self) -> bool {
        self.end.lock().is_some() || self.group.lock().is_none()
    }

    /// Posts a request under a new id. `message` makes it of the id.
    pub(super) fn post<'a>(
        self: &Arc<Self>,
        attempt: Option<Arc<Attempt>>,
        message: impl FnOnce(u64) -> ToChild<'a>,
    ) -> io::Result<Pending> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let frame = wire::frame(&message(id))?;
        let (answer, answered) = oneshot::channel();
        {
            let end = self.end.lock();
            match &*end {
                Some(end) => drop(answer.send(Err(end.clone()))),
                None => drop(self.running.lock().insert(id, Running { attempt, logs: Vec::new(), answer })),
            }
        }
        let _ = self.outbox.send(frame);
        Ok(Pending { child: self.clone(), id, answered })
    }

    /// Answers a question.
    pub(super) fn reply(&self, message: &impl Serialize) {
        if let Ok(frame) = wire::frame(message) {
            let _ = self.outbox.send(frame);
        }
    }

    /// Aborts what runs, lets it unload its plugins and end, and kills it if it does not in time.
    pub(super) async fn stop(self: &Arc<Self>) {
        let running: Vec<u64> = self.running.lock().keys().copied().collect();
        for id in running {
            self.reply(&ToChild::Cancel { id, reason: "the host stops" });
        }
        self.settle_within(self.grace, || self.running.lock().is_empty()).await;
        self.reply(&ToChild::Stop);
        self.settle_within(self.grace, || self.end.lock().is_some()).await;
        self.kill(End::Stopped);
        self.settle_within(Duration::from_secs(5), || self.end.lock().is_some()).await;
    }

    /// Kills it with all that it started.
    pub(super) fn kill(&self, why: End) {
        let Some(group) = self.group.lock().take() else { return };
        self.end.lock().get_or_insert(why);
        drop(group);
    }

    /// Aborts what runs under an id, and kills all of the child if it does not end.
    async fn put_down(self: Arc<Self>, id: u64, reason: &str) {
        self.reply(&ToChild::Cancel { id, reason });
        let is_gone = || !self.running.lock().contains_key(&id);
        if !self.settle_within(self.grace, is_gone).await {
            self.kill(End::Killed(id));
        }
    }

    async fn settle_within(&self, patience: Duration, is_settled: impl Fn() -> bool) -> bool {
        let waiting = async {
            loop {
                let settled = self.settled.notified();
                tokio::pin!(settled);
                settled.as_mut().enable();
                if is_settled() {
                    return;
                }
                settled.await;
            }
        };
        tokio::time::timeout(patience, waiting).await.is_ok()
    }

    async fn listen(
        self: &Arc<Self>,
        input: OwnedReadHalf,
        asked: Arc<dyn Asked>,
        greeting: mpsc::UnboundedSender<FromChild>,
    ) {
        let mut input = BufReader::with_capacity(64 << 10, input);
        while let Ok(payload) = wire::read(&mut input).await {
            match wire::message(&payload) {
                Ok(FromChild::Done(done)) => self.finish(done),
                Ok(FromChild::Log { id, level, message }) => self.log(&*asked, id, level, message),
                Ok(FromChild::Ask { id, of, want }) => {
                    let attempt = of.and_then(|of| self.running.lock().get(&of)?.attempt.clone());
                    asked.ask(self, id, attempt, want);
                }
                Ok(message) => drop(greeting.send(message)),
                Err(error) => {
                    self.last_words.lock().push(format!("it wrote what cannot be read: {error}"));
                    return;
                }
            }
        }
    }

    fn finish(&self, done: Done) {
        if let Some(running) = self.running.lock().remove(&done.id) {
            let _ = running.answer.send(Ok((done, running.logs)));
        }
        self.settled.notify_waiters();
    }

    fn log(&self, asked: &dyn Asked, id: Option<u64>, level: String, message: String) {
        let attempt = id.and_then(|id| self.running.lock().get(&id)?.attempt.clone());
        let attempt = attempt.map(|attempt| Arc::from(attempt.id.as_str()));
        let line = LogLine { attempt, level, message };
        asked.log(&line);
        let mut running = self.running.lock();
        let running = id.and_then(|id| running.get_mut(&id));
        if let Some(running) = running.filter(|running| running.logs.len() < LINES_MAX) {
            running.logs.push(line);
        }
    }

    /// What is written past the child's own streams: by processes that it started, or when it dies.
    async fn print(
        self: Arc<Self>,
        pipe: impl AsyncRead + Unpin,
        level: &'static str,
        asked: Arc<dyn Asked>,
    ) {
        let mut pipe = BufReader::new(pipe);
        while let Ok(Some(line)) = next_line(&mut pipe).await {
            if level == "warn" && !line.trim().is_empty() {
                let mut words = self.last_words.lock();
                if words.len() == LAST_WORDS {
                    words.remove(0);
                }
                words.push(line.trim().to_owned());
            }
            self.log(&*asked, None, level.to_owned(), line);
        }
    }

    async fn bury(&self, mut process: Process) {
        let status = match process.try_wait() {
            Ok(Some(status)) => Ok(status),
            _ => {
                // It closed its socket: give it a moment to say how it ends.
                match tokio::time::timeout(Duration::from_millis(500), process.wait()).await {
                    Ok(status) => status,
                    Err(_) => {
                        if let Some(group) = &*self.group.lock() {
                            group.signal(Signal::KILL);
                        }
                        process.wait().await
                    }
                }
            }
        };
        drop(self.group.lock().take());
        let words = self.last_words.lock().join("; ");
        let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let died = End::Died(if words.is_empty() { how } else { format!("{how}: {words}") });
        let end = self.end.lock().get_or_insert(died).clone();
        for (_, running) in self.running.lock().drain() {
            let _ = running.answer.send(Err(end.clone()));
        }
        self.settled.notify_waiters();
    }
}

/// Frames that are put in are written one after the other.
fn outbox(mut output: OwnedWriteHalf) -> mpsc::UnboundedSender<Vec<u8>> {
    let (outbox, mut posted) = mpsc::unbounded_channel::<Vec<u8>>();
    tokio::spawn(async move {
        while let Some(frame) = posted.recv().await {
            if output.write_all(&frame).await.is_err() {
                return;
            }
        }
    });
    outbox
}

/// The next line, cut where it is too long.
pub(super) async fn next_line(pipe: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let available = pipe.fill_buf().await?;
        if available.is_empty() {
            return Ok((!line.is_empty()).then(|| text(&line)));
        }
        let end = available.iter().position(|&byte| byte == b'\n');
        let taken = end.unwrap_or(available.len());
        let room = LINE_BYTES_MAX.saturating_sub(line.len());
        line.extend_from_slice(&available[..taken.min(room)]);
        pipe.consume(end.map_or(taken, |end| end + 1));
        if end.is_some() {
            return Ok(Some(text(&line)));
        }
    }
}

fn text(line: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(line).into_owned();
    text.truncate(text.trim_end_matches('\r').len());
    text
}

/// A request that was posted. Dropping it aborts what it asked for.
pub(super) struct Pending {
    child: Arc<Child>,
    id: u64,
    answered: oneshot::Receiver<Answer>,
}

impl Pending {
    /// Waits for the answer.
    pub(super) async fn answer(&mut self) -> Answer {
        (&mut self.answered).await.unwrap_or(Err(End::Stopped))
    }

    /// Aborts it; when this returns it has ended, or has been killed with the child.
    pub(super) async fn put_down(&mut self, reason: &str) {
        self.child.clone().put_down(self.id, reason).await;
        // Consumes an answer that came meanwhile.
        let _ = (&mut self.answered).await;
    }

    /// Whether the child was killed because of another request.
    pub(super) fn was_displaced(&self, end: &End) -> bool {
        matches!(end, End::Killed(id) if *id != self.id)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.answered.try_recv().is_ok() || !self.child.running.lock().contains_key(&self.id) {
            return;
        }
        let (child, id) = (self.child.clone(), self.id);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(child.put_down(id, "the task was cancelled"));
        }
    }
}
