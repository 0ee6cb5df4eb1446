//! Python: this process becomes the interpreter, once it can do no harm.
//!
//! Python has a host in every corner of its library, so only the system can confine it. Where it cannot, the child
//! refuses. One process runs one script; the interpreter reads its request itself, in [`HOST`].

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::frames::{self, Hello, Start};
use super::sandbox;

/// Reads one frame, runs its script, answers with one frame.
const HOST: &str = include_str!("python/host.py");

/// Confines the process, says hello, and becomes Python. Comes back only if it does not.
pub(super) fn become_python(python: &str, start: &Start) -> io::Result<()> {
    let mut output = io::stdout();
    let python = match std::fs::canonicalize(python) {
        Ok(python) => python,
        Err(error) => {
            return frames::greet(&mut output, &Hello::Refused(format!("Python at {python}: {error}")));
        }
    };
    if let Err(reason) = sandbox::enter_for_python(&python, start) {
        return frames::greet(&mut output, &Hello::Refused(reason));
    }
    frames::greet(&mut output, &Hello::Ready)?;
    output.flush()?;
    Err(command(&python).exec())
}

/// Without the user's site, environment and bytecode files.
fn command(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-I", "-S", "-B", "-c", HOST]).env_clear();
    command
}
