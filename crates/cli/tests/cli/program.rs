//! Running `segue`, and a server that ends with the test.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// What a call left.
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Output {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} / {}", self.out, self.err))
    }

    /// The output of a call that must have worked.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{} / {}", self.out, self.err);
        self
    }
}

pub(crate) fn segue(directory: &Path, args: &[&str]) -> Output {
    segue_with(directory, &[], args)
}

pub(crate) fn segue_with(directory: &Path, environment: &[(&str, &Path)], args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_segue"))
        .args(args)
        .current_dir(directory)
        .envs(environment.iter().copied())
        .env_remove("SEGUE_SERVER")
        .env_remove("SEGUE_STORE")
        .output()
        .expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Output { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// A server on a free port, ended by its own process id.
pub(crate) struct Running {
    child: Child,
    pub(crate) url: String,
    /// Where commands run.
    pub(crate) directory: PathBuf,
    /// Goes with the server, if it is the server's own.
    _own: Option<tempfile::TempDir>,
}

impl Running {
    pub(crate) fn start() -> Self {
        let own = tempfile::tempdir().expect("a directory");
        let mut running = Self::start_in(own.path());
        running._own = Some(own);
        running
    }

    pub(crate) fn start_in(directory: &Path) -> Self {
        Self::start_with(directory, &[])
    }

    pub(crate) fn start_with(directory: &Path, environment: &[(&str, &Path)]) -> Self {
        Self::start_on(directory, "test.db", environment)
    }

    pub(crate) fn start_on(directory: &Path, store: &str, environment: &[(&str, &Path)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_segue"))
            .args(["server", "--port", "0", "--store", store])
            .current_dir(directory)
            .envs(environment.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let stderr = child.stderr.take().expect("piped");
        let mut first = String::new();
        BufReader::new(stderr).read_line(&mut first).expect("says where it serves");
        let url = first.split_whitespace().nth(2).unwrap_or_default().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{first}");
        Self { child, url, directory: directory.to_owned(), _own: None }
    }

    pub(crate) fn call(&self, args: &[&str]) -> Output {
        let mut all = vec!["--server", self.url.as_str()];
        all.extend(args);
        segue(&self.directory, &all)
    }

    /// The server's process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as it stands.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// It is not there any more.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.join(name), text).expect("written");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}
