//! A small process that outlives this one by a moment, to kill what it started.
//!
//! Children run in process groups of their own, so that a key press on the terminal does not reach them and one
//! signal ends them with all that they started. If this process dies without ending them, the reaper sees its input
//! close and kills every group that it was told of.

use std::io;
use std::process::Stdio;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const SCRIPT: &str = r#"
trap '' HUP INT TERM
groups=
while read -r change group; do
  case $change in
    +) groups="$groups $group" ;;
    -) kept=
       for each in $groups; do [ "$each" = "$group" ] || kept="$kept $each"; done
       groups=$kept ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
"#;

/// Knows the groups that must not outlive this process.
#[derive(Debug, Default)]
pub(super) struct Reaper {
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    lines: UnboundedSender<String>,
    _process: Child,
}

/// A process group; killed when dropped.
#[derive(Debug)]
pub(super) struct Group {
    pid: Pid,
    lines: UnboundedSender<String>,
}

impl Reaper {
    /// Starts a command as the leader of a group.
    pub(super) fn spawn(&self, command: &mut Command) -> io::Result<(Child, Group)> {
        let lines = self.lines()?;
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("a child without an id"))?;
        // A reaper that is gone costs only its service.
        let _ = lines.send(format!("+ {pid}\n"));
        Ok((child, Group { pid, lines }))
    }

    fn lines(&self) -> io::Result<UnboundedSender<String>> {
        let mut running = self.running.lock();
        if let Some(running) = running.as_ref().filter(|running| !running.lines.is_closed()) {
            return Ok(running.lines.clone());
        }
        let started = Running::start()?;
        let lines = started.lines.clone();
        *running = Some(started);
        Ok(lines)
    }
}

impl Running {
    fn start() -> io::Result<Self> {
        use tokio::io::AsyncWriteExt;

        let mut process = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "segue-reaper"])
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut input = process.stdin.take().ok_or_else(|| io::Error::other("the reaper has no pipe"))?;
        let (lines, mut coming) = unbounded_channel::<String>();
        tokio::spawn(async move {
            while let Some(line) = coming.recv().await {
                if input.write_all(line.as_bytes()).await.is_err() {
                    return;
                }
            }
        });
        Ok(Self { lines, _process: process })
    }
}

impl Group {
    /// Signals every process of the group.
    pub(super) fn signal(&self, signal: Signal) {
        // It may be empty already.
        let _ = kill_process_group(self.pid, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        let _ = self.lines.send(format!("- {}\n", self.pid));
    }
}
