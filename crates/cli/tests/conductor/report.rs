//! What came of the cases.

use std::process::ExitCode;

use crate::case::Case;

/// How a case ended.
pub(crate) type Outcome = Result<(), String>;

/// Of a reply that differs the beginning is enough.
const REASON_CHARS_MAX: usize = 800;

#[derive(Default)]
pub(crate) struct Report {
    skipped: Vec<String>,
    ready: Vec<String>,
    totals: Vec<String>,
    failed: Vec<String>,
}

impl Report {
    pub(crate) fn add(&mut self, store: &str, cases: &[&Case], outcomes: Vec<Outcome>) {
        let mut passed = 0;
        self.skipped.clear();
        let mut failed = Vec::new();
        for (case, outcome) in cases.iter().zip(outcomes) {
            match (outcome, &case.needs) {
                (Err(_), Some(needs)) => self.skipped.push(format!("{} needs {needs}", case.title())),
                (Ok(()), needs) => {
                    passed += 1;
                    if needs.is_some() && self.totals.is_empty() {
                        self.ready.push(case.title());
                    }
                }
                (Err(why), None) => {
                    let why: String = why.chars().take(REASON_CHARS_MAX).collect();
                    failed.push(format!("{store}: {}\n    {why}", case.title()));
                }
            }
        }
        let skipped = self.skipped.len();
        self.totals.push(format!(
            "Conductor cases on {store}: {passed} passed, {} failed, {skipped} skipped",
            failed.len()
        ));
        self.failed.append(&mut failed);
    }

    pub(crate) fn print(&self) -> ExitCode {
        for line in &self.skipped {
            println!("skipped: {line}");
        }
        for line in &self.ready {
            println!("has what it needs, take the mark away: {line}");
        }
        for line in &self.failed {
            println!("FAILED: {line}");
        }
        for line in &self.totals {
            println!("{line}");
        }
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
