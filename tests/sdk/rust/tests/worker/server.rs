//! A Segue server on a free port, ended by its own process id.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

pub struct Server {
    child: Child,
    /// The base that the SDK wants, with `/api`.
    pub api: String,
    _directory: tempfile::TempDir,
}

impl Server {
    pub fn start() -> Server {
        let program = std::env::var_os("SEGUE_BIN").expect("SEGUE_BIN names the segue program");
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut child = Command::new(program)
            .args(["server", "--port", "0", "--store"])
            .arg(directory.path().join("test.db"))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("segue starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let api = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, url) = line.split_once("segue serves ")?;
                Some(format!("{}/api", url.split_whitespace().next()?))
            })
            .expect("the server says where it listens");
        // A full pipe would block the server.
        std::thread::spawn(move || lines.for_each(drop));
        Server { child, api, _directory: directory }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
