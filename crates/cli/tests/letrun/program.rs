//! A folder with files, and `segue` in it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use serde_json::Value;

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A folder of its own.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

/// What a call left.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Output {
    /// The output of a call that must have worked.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{} / {}", self.out, self.err);
        self
    }

    /// The output of a call that must have failed.
    #[track_caller]
    pub(crate) fn failed(self) -> Self {
        assert_eq!(self.code, 1, "{} / {}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} / {}", self.out, self.err))
    }
}

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let environment = vec![("RETRY_DEFAULT_RETRY_DELAY_SECONDS".to_owned(), "0.02".to_owned())];
        let new = Self { folder: tempfile::tempdir().expect("a folder"), environment };
        for (path, text) in files {
            new.write(path, text);
        }
        new
    }

    /// Variables for what runs in it.
    pub(crate) fn with(mut self, environment: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(environment);
        self
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Nobody sees half of it. A text that begins like a script can be run as one.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        let mut fresh = tempfile::NamedTempFile::new_in(path.parent().expect("a parent")).expect("a file");
        fresh.write_all(text.as_bytes()).expect("written");
        fresh.persist(&path).expect("named");
        #[cfg(unix)]
        if text.starts_with("#!") {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("allowed");
        }
    }

    /// The text of a file; nothing if it is not there.
    pub(crate) fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.path(path)).ok()
    }

    fn command(&self, below: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
        command.args(args).current_dir(self.path(below)).envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env_remove("SEGUE_SERVER").env_remove("SEGUE_STORE");
        command
    }

    pub(crate) fn segue(&self, args: &[&str]) -> Output {
        self.segue_in("", args)
    }

    pub(crate) fn segue_in(&self, below: &str, args: &[&str]) -> Output {
        Running::of(self.command(below, args)).end()
    }

    pub(crate) fn start(&self, args: &[&str]) -> Running {
        Running::of(self.command("", args))
    }

    /// Waits until a file says what it must.
    #[track_caller]
    pub(crate) fn until(&self, path: &str, is_there: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !self.read(path).is_some_and(|text| is_there(&text)) {
            assert!(Instant::now() < deadline, "{path}: {:?}", self.read(path));
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A call that has not ended; it does when this is dropped.
pub(crate) struct Running {
    child: Child,
    out: mpsc::Receiver<String>,
    lines: mpsc::Receiver<String>,
    err: String,
}

impl Running {
    fn of(mut command: Command) -> Self {
        let mut child = command.spawn().expect("starts");
        let (to_out, out) = mpsc::channel();
        let (to_lines, lines) = mpsc::channel();
        let mut stdout = child.stdout.take().expect("piped");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stdout.read_to_string(&mut text);
            let _ = to_out.send(text);
        });
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).all(|line| to_lines.send(line).is_ok())
        });
        Self { child, out, lines, err: String::new() }
    }

    /// Waits for a line on standard error.
    #[track_caller]
    pub(crate) fn until(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.err.push_str(&line);
                    self.err.push('\n');
                    if line.contains(text) {
                        return;
                    }
                }
                Err(_) => panic!("never said {text:?}: {}", self.err),
            }
        }
    }

    /// As Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        rustix::process::kill_process(self.pid(), Signal::INT).expect("sent");
    }

    /// Ends it at once, as it stands.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("sent");
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Output {
        let out = self.out.recv_timeout(PATIENCE);
        if out.is_err() {
            let _ = self.child.kill();
        }
        let status = self.child.wait().expect("ends");
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.err.push_str(&line);
            self.err.push('\n');
        }
        let out = out.unwrap_or_else(|_| panic!("it does not end: {}", self.err));
        Output { code: status.code().unwrap_or(-1), out, err: std::mem::take(&mut self.err) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file beside the tests.
pub(crate) fn beside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/letrun").join(path)
}
