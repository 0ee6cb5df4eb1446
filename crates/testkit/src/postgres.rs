//! A throw-away PostgreSQL cluster, one for each test binary.
//!
//! It is made from the installed server binaries, listens on a free loopback port and a private socket,
//! syncs to disk as a real one does, and ends with the process that asked for it, however that ends.
//! `SEGUE_TEST_POSTGRES=postgres://…` names a running server to use in its place.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::tls::{self, Certified};

/// Where Debian puts server binaries, by version.
const DEBIAN: &str = "/usr/lib/postgresql";
const START_ATTEMPTS: usize = 3;

/// A server that tests may use as they like.
pub struct Cluster {
    url: String,
    supervisor: Option<Mutex<Supervisor>>,
}

struct Supervisor {
    // Closing it ends the cluster.
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    child: Child,
    /// Where the cluster is, as long as it is there.
    home: PathBuf,
}

/// The server of this process, started at the first call. `None`, with the reason on stderr, where there is no
/// PostgreSQL to run.
///
/// # Panics
/// Under `CI` a missing PostgreSQL is a failure, not a reason to skip.
pub fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER
        .get_or_init(|| match std::env::var("SEGUE_TEST_POSTGRES") {
            Ok(url) => Some(Cluster { url, supervisor: None }),
            Err(_) => private_cluster(),
        })
        .as_ref()
}

/// A server that nobody else uses, for tests that stop it. `None` and panics as [`cluster`].
pub fn private_cluster() -> Option<Cluster> {
    match Cluster::start() {
        Ok(cluster) => Some(cluster),
        Err(reason) if std::env::var_os("CI").is_some() => panic!("no PostgreSQL: {reason}"),
        Err(reason) => {
            eprintln!("skipped, no PostgreSQL: {reason}");
            None
        }
    }
}

impl Cluster {
    fn start() -> Result<Self, String> {
        let binaries = binaries()?;
        let certified = tls::certified("127.0.0.1");
        let mut reason = String::new();
        for _ in 0..START_ATTEMPTS {
            let port = free_port()?;
            match Supervisor::start(&binaries, port, &certified) {
                Ok(supervisor) => {
                    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
                    return Ok(Self { url, supervisor: Some(Mutex::new(supervisor)) });
                }
                // Somebody else may have taken the port in between.
                Err(failure) => reason = failure,
            }
        }
        Err(reason)
    }

    /// The server, as a superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file with the authority that its certificate for `127.0.0.1` is from; nothing if it was not started here.
    pub fn authority(&self) -> Option<PathBuf> {
        let supervisor = self.supervisor.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        Some(supervisor.home.join("authority.pem"))
    }

    /// The same with a schema of its own (parameter `schema`), so that tests do not see one another.
    pub fn fresh_url(&self) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let separator = if self.url.contains('?') { '&' } else { '?' };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        format!("{}{separator}schema=t{}_{number}", self.url, std::process::id())
    }

    /// Stops the server as a power cut would; returns when it is down.
    ///
    /// # Panics
    /// If the server was not started here.
    pub fn stop(&self) {
        self.command("stop");
    }

    /// Starts a stopped server again; returns when it answers.
    ///
    /// # Panics
    /// If the server was not started here.
    pub fn restart(&self) {
        self.command("start");
    }

    fn command(&self, command: &str) {
        let supervisor = self.supervisor.as_ref().expect("a server that was started here");
        let mut supervisor = supervisor.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(supervisor.stdin, "{command}").expect("the supervisor reads");
        let mut answer = String::new();
        supervisor.stdout.read_line(&mut answer).expect("the supervisor answers");
        assert_eq!(answer.trim(), format!("done {command}"));
    }
}

impl Supervisor {
    fn start(binaries: &Path, port: u16, certified: &Certified) -> Result<Self, String> {
        let mut child = unprivileged_shell()?
            .args(["-c", include_str!("supervise.sh"), "segue-postgres"])
            .arg(binaries)
            .arg(port.to_string())
            .env("SERVER_CERTIFICATE", &certified.certificate)
            .env("SERVER_KEY", &certified.key)
            .env("SERVER_AUTHORITY", &certified.authority)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|cause| format!("cannot start a shell: {cause}"))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the shell has no pipes".to_owned());
        };
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line).map_err(|cause| cause.to_string())?;
        if let Some(home) = line.strip_prefix("ready ") {
            return Ok(Self { stdin, stdout, child, home: home.trim_end().into() });
        }
        drop(stdin);
        let _ = child.wait();
        Err(if line.is_empty() { "its supervisor ended".to_owned() } else { line.trim().to_owned() })
    }
}

impl Drop for Cluster {
    /// Waits until the server is gone, so that nothing of it outlives the test.
    fn drop(&mut self) {
        let Some(supervisor) = self.supervisor.take() else { return };
        let Supervisor { stdin, stdout, mut child, .. } =
            supervisor.into_inner().unwrap_or_else(PoisonError::into_inner);
        drop((stdin, stdout));
        let _ = child.wait();
    }
}

/// The server's programs refuse to run as root, so root becomes the user `postgres` first.
fn unprivileged_shell() -> Result<Command, String> {
    if numeric_id("-u", None)? != "0" {
        return Ok(Command::new("sh"));
    }
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={}", numeric_id("-u", Some("postgres"))?))
        .arg(format!("--regid={}", numeric_id("-g", Some("postgres"))?))
        .args(["--clear-groups", "sh"]);
    Ok(command)
}

fn numeric_id(which: &str, user: Option<&str>) -> Result<String, String> {
    let output = Command::new("id")
        .arg(which)
        .args(user)
        .output()
        .map_err(|cause| format!("cannot run id: {cause}"))?;
    if !output.status.success() {
        return Err(format!("there is no user {}", user.unwrap_or_default()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The newest installed server's programs: Debian's places, then the search path.
fn binaries() -> Result<PathBuf, String> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .collect();
    found.sort();
    let on_path = std::env::var_os("PATH")
        .and_then(|path| std::env::split_paths(&path).find(|bin| bin.join("initdb").is_file()));
    found
        .pop()
        .map(|(_, bin)| bin)
        .or(on_path)
        .ok_or_else(|| format!("no initdb in {DEBIAN}/*/bin or on the search path"))
}

fn free_port() -> Result<u16, String> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|cause| format!("no free port: {cause}"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    /// Asks for an encrypted connection, which every server answers with one byte.
    fn answers(url: &str) -> bool {
        let address = url.rsplit('@').next().and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let Ok(mut stream) = TcpStream::connect(address) else { return false };
        let mut byte = [0];
        stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).is_ok() && stream.read_exact(&mut byte).is_ok()
    }

    #[test]
    fn a_cluster_stops_starts_and_ends_with_its_owner() {
        let Some(cluster) = super::private_cluster() else { return };
        let url = cluster.url().to_owned();
        assert!(answers(&url));
        cluster.stop();
        assert!(!answers(&url));
        cluster.restart();
        assert!(answers(&url));
        drop(cluster);
        assert!(!answers(&url));
    }
}
