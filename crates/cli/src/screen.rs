//! The live tree and the lines above it, on standard error: drawn over on a terminal, only what is new elsewhere.

use std::collections::HashSet;
use std::io::{IsTerminal, Write};

/// What is drawn, if anything is to be.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    drawn: Vec<String>,
    known: HashSet<String>,
    is_quiet: bool,
}

impl Screen {
    /// Draws nothing at all.
    pub(crate) fn quiet() -> Self {
        Self { is_quiet: true, ..Self::default() }
    }

    /// Whether nobody will see anything.
    pub(crate) fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Draws the tree as it is now; of a tree that is higher than the terminal, its end.
    pub(crate) fn draw(&mut self, lines: &[String]) {
        if self.is_quiet {
            return;
        }
        let mut err = std::io::stderr().lock();
        // Nothing is lost if nobody sees the progress.
        if err.is_terminal() {
            let lines = &lines[lines.len().saturating_sub(LINES_MAX)..];
            erase(&mut err, self.drawn.len());
            lines.iter().for_each(|line| drop(writeln!(err, "{line}")));
            self.drawn = lines.to_vec();
        } else {
            for line in lines {
                if self.known.insert(line.clone()) {
                    let _ = writeln!(err, "{line}");
                }
            }
        }
    }

    /// Puts a line above the tree.
    pub(crate) fn say(&mut self, line: &str) {
        if self.is_quiet {
            return;
        }
        let mut err = std::io::stderr().lock();
        if err.is_terminal() {
            erase(&mut err, self.drawn.len());
            let _ = writeln!(err, "{line}");
            self.drawn.iter().for_each(|line| drop(writeln!(err, "{line}")));
        } else {
            let _ = writeln!(err, "{line}");
        }
    }

    /// Leaves what is drawn where it is; the next tree is another.
    pub(crate) fn begin_anew(&mut self) {
        self.drawn.clear();
        self.known.clear();
    }
}

/// Lines of a tree that are drawn over; more would scroll away and could not be.
const LINES_MAX: usize = 40;

fn erase(err: &mut impl Write, lines: usize) {
    if lines > 0 {
        let _ = write!(err, "\x1b[{lines}A\x1b[J");
    }
}
