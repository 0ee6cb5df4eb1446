//! A document with files of its own, played as a reader would: in a folder with these files, by a shell.
//!
//! A block whose language has a name behind it (` ```json greet.json `) is a file. A `console` block is a session: what
//! a command prints on both streams must be exactly what is shown. Ids, instants and durations may differ, and an id that was shown
//! stands for the one that was printed from there on; the folder is shown as `/home/ada/songs`. A line `…` stands for any lines, `…` in a line for any
//! text. A command fails if what is shown has a line `error: …`, and only then.
//!
//! With `SEGUE_RECORD` set, what is printed otherwise takes the place of what is shown, unless that has a `…`.
//!
//! `segue server` is on a free port, whatever port is shown, and what ends in ` &` goes on until the document is over.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use super::{Block, masked, uuid};
use crate::program::Running;

/// The address that documents show.
const SHOWN_URL: &str = "http://127.0.0.1:8080";
/// The folder that they show.
const SHOWN_FOLDER: &str = "/home/ada/songs";

/// Where a document is played.
pub(super) struct Folder {
    directory: tempfile::TempDir,
    server: Option<Running>,
    background: Vec<Child>,
    /// Ids as they are shown, and as they are.
    ids: Vec<(String, String)>,
    is_recording: bool,
}

/// What playing a block came to.
pub(super) struct Played {
    pub(super) commands: usize,
    /// The block as it should be.
    pub(super) text: Vec<String>,
}

impl Folder {
    /// A folder for a document of these blocks, with a server if one is started anywhere.
    pub(super) fn of(blocks: &[Block]) -> Self {
        let needs_server = blocks.iter().flat_map(|block| &block.text).any(|line| is_server(line));
        Self {
            directory: tempfile::tempdir().expect("a directory"),
            server: needs_server.then(Running::start),
            background: Vec::new(),
            ids: Vec::new(),
            is_recording: is_recording(),
        }
    }

    /// Writes a file, or plays a session.
    pub(super) fn play(&mut self, block: &Block) -> Played {
        let place = block.place();
        let mut played = Played { commands: 0, text: block.text.clone() };
        if let Some(name) = &block.file {
            let path = self.directory.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            std::fs::write(path, self.real(&(block.text.join("\n") + "\n"))).expect("written");
            return played;
        }
        match block.language.as_str() {
            "text" => return played,
            "console" => {}
            other => panic!("{place}: a block of {other:?} is neither a file with a name nor a session"),
        }
        played.text.clear();
        let mut lines = block.text.as_slice();
        while let Some((command, rest)) = lines.split_first() {
            let command =
                command.strip_prefix("$ ").unwrap_or_else(|| panic!("{place}: no command: {command}"));
            let end = rest.iter().position(|line| line.starts_with("$ ")).unwrap_or(rest.len());
            let shown = self.command(&place, command, &rest[..end]);
            played.text.push(format!("$ {command}"));
            played.text.extend(shown);
            lines = &rest[end..];
            played.commands += 1;
        }
        played
    }

    /// Returns what should be shown.
    fn command(&mut self, place: &str, command: &str, expected: &[String]) -> Vec<String> {
        if is_server(&format!("$ {command}")) {
            return expected.to_owned();
        }
        let real = self.real(command);
        if let Some(command) = real.strip_suffix(" &") {
            let mut shell = self.shell(&format!("exec {command}"));
            let child = shell.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell");
            self.background.push(child);
            return expected.to_owned();
        }
        let Output { status, stdout, .. } =
            self.shell(&format!("exec 2>&1\n{real}")).output().expect("a shell");
        let printed = String::from_utf8(stdout).expect("text");
        let printed: Vec<String> = printed.trim_end().lines().map(|line| self.shown(line)).collect();
        let ids = |lines: &[String]| lines.iter().filter_map(|line| uuid(line).map(str::to_owned)).collect();
        let (shown, real): (Vec<String>, Vec<String>) = (ids(expected), ids(&printed));
        self.ids.extend(shown.into_iter().zip(real));
        match agree(expected, &printed) {
            Err(_) if self.is_recording && !expected.iter().any(|line| line.contains('…')) => {
                return printed.iter().map(|line| self.shown(line).trim_end().to_owned()).collect();
            }
            Err(what) => panic!("{place}: `{command}` {what}; it prints\n{}", printed.join("\n")),
            Ok(()) => {}
        }
        let shows_error = expected.iter().any(|line| line.starts_with("error: "));
        assert_eq!(status.success(), !shows_error, "{place}: `{command}` ended with {status}");
        expected.to_owned()
    }

    fn shell(&self, script: &str) -> Command {
        let own = Path::new(env!("CARGO_BIN_EXE_segue")).parent().expect("a folder");
        let others = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(own.to_owned()).chain(std::env::split_paths(&others));
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).current_dir(self.directory.path()).stdin(Stdio::null());
        shell.env("PATH", std::env::join_paths(folders).expect("a path")).env_remove("SEGUE_STORE");
        match &self.server {
            Some(server) => shell.env("SEGUE_SERVER", &server.url),
            None => shell.env_remove("SEGUE_SERVER"),
        };
        shell
    }

    /// A text of the document with the ids and the address of this run.
    fn real(&self, text: &str) -> String {
        let text = text.replace(SHOWN_FOLDER, &self.path());
        let text = match &self.server {
            Some(server) => text.replace(SHOWN_URL, &server.url),
            None => text,
        };
        self.ids.iter().fold(text, |text, (shown, real)| text.replace(shown, real))
    }

    /// A line of this run as the document has it.
    fn shown(&self, line: &str) -> String {
        let line = line.replace(&self.path(), SHOWN_FOLDER);
        let line = self.ids.iter().fold(line, |line, (shown, real)| line.replace(real, shown));
        match &self.server {
            Some(server) => line.replace(&server.url, SHOWN_URL),
            None => line,
        }
    }

    fn path(&self) -> String {
        self.directory.path().canonicalize().expect("a directory").display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for child in &mut self.background {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub(super) fn is_recording() -> bool {
    std::env::var_os("SEGUE_RECORD").is_some()
}

fn is_server(line: &str) -> bool {
    line.starts_with("$ segue server")
}

/// Kinds of lines. Between kinds the order means nothing: what is logged, what has ended and what is printed come
/// from different places.
const KINDS: [fn(&str) -> bool; 3] = [is_logged, is_of_tree, |line| !is_logged(line) && !is_of_tree(line)];

/// `   info: …`, with the level in seven columns; `error: …` is the end of a command.
fn is_logged(line: &str) -> bool {
    ["  error:", "   warn:", "   info:", "verbose:", "  debug:"].iter().any(|level| line.starts_with(level))
}

/// A line per task, and one for the workflow. Tasks of several branches end in any order.
fn is_of_tree(line: &str) -> bool {
    ["✔ ", "✘ ", "· ", "▶ ", "! ", "- "].iter().any(|mark| line.starts_with(mark))
}

/// Whether a command prints what is shown.
fn agree(expected: &[String], printed: &[String]) -> Result<(), String> {
    let is_open = expected.iter().any(|line| line == "…");
    for is_kind in KINDS {
        let of_kind = |lines: &[String]| -> Vec<String> {
            lines
                .iter()
                .filter(|line| is_kind(line) && *line != "…")
                .map(|line| spaced(&masked(line)))
                .collect()
        };
        let (expected, mut printed) = (of_kind(expected), of_kind(printed));
        for line in expected {
            let Some(at) = printed.iter().position(|printed| matches(&line, printed)) else {
                return Err(format!("does not print `{line}` there"));
            };
            let is_next = at == 0 || is_open || is_of_tree(&line);
            if !is_next {
                return Err(format!("prints `{}` before `{line}`", printed[0]));
            }
            match is_of_tree(&line) {
                true => drop(printed.remove(at)),
                false => drop(printed.drain(..=at)),
            }
        }
        if let (false, Some(more)) = (is_open, printed.first()) {
            return Err(format!("also prints `{more}`"));
        }
    }
    Ok(())
}

/// A line with single blanks behind its indentation: columns are as wide as what is in them.
fn spaced(line: &str) -> String {
    let text = line.trim_start();
    let indentation = &line[..line.len() - text.len()];
    indentation.to_owned() + &text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn matches(expected: &str, printed: &str) -> bool {
    match expected.split_once('…') {
        Some((head, tail)) => {
            printed.len() >= head.len() + tail.len() && printed.starts_with(head) && printed.ends_with(tail)
        }
        None => expected == printed,
    }
}

#[test]
fn a_session_agrees_only_with_what_it_shows() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let printed = lines("   info: one\n✔ b 12 ms\n✔ a 3 ms\n   info: two\nout");
    let cases = [
        ("   info: one\n   info: two\n✔ a 9 ms\n✔ b 9 ms\nout", true),
        ("   info: two\n   info: one\n✔ a 9 ms\n✔ b 9 ms\nout", false),
        ("   info: one\n   info: two\n✔ a 9 ms\n✔ c 9 ms\nout", false),
        ("   info: one\n   info: two\n✔ a 9 ms\n✔ b 9 ms", false),
        ("✔ a … ms\n…\nout", true),
        ("…\nother", false),
    ];
    for (expected, agrees) in cases {
        assert_eq!(agree(&lines(expected), &printed).is_ok(), agrees, "{expected}");
    }
}
