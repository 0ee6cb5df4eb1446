//! Where Python really is.
//!
//! What `PATH` calls `python3` is often a link, a virtual environment or the script of a version switcher. The child
//! may read and execute one program and its library only, so the program is asked for its own place, once.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// Switchers are shell scripts, and slow.
const PATIENCE: Duration = Duration::from_secs(20);
const QUESTION: &str =
    "import os, sys; print(os.path.realpath(sys.executable)); print(sys.version_info >= (3, 8))";

/// The interpreter's own program, or why it cannot be had.
pub(super) async fn find(python: &Path) -> Result<PathBuf, String> {
    let name = python.display();
    let asked = Command::new(python)
        .args(["-I", "-S", "-B", "-c", QUESTION])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let said = match timeout(PATIENCE, asked).await {
        Ok(Ok(output)) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Ok(Err(error)) => return Err(format!("scripts cannot be run: {name}: {error}")),
        Err(_) => return Err(format!("scripts cannot be run: {name} does not answer")),
    };
    match said.lines().collect::<Vec<_>>()[..] {
        [program, "True"] if !program.is_empty() => Ok(PathBuf::from(program)),
        [_, "False"] => Err(format!("scripts cannot be run: {name} is older than Python 3.8")),
        _ => Err(format!("scripts cannot be run: {name} is not a Python interpreter")),
    }
}
