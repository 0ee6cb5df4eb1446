//! What came of the cases.

use std::process::ExitCode;

use crate::case::Case;

/// How a case ended: not played if it says what is missing.
pub(crate) type Outcome = Option<Result<(), String>>;

/// Of a reply that differs the beginning is enough.
const REASON_CHARS_MAX: usize = 800;

#[derive(Default)]
pub(crate) struct Report {
    skipped: Vec<String>,
    totals: Vec<String>,
    failed: Vec<String>,
}

impl Report {
    pub(crate) fn add(&mut self, store: &str, cases: &[&Case], outcomes: Vec<Outcome>) {
        let mut passed = 0;
        self.skipped.clear();
        let mut failed = Vec::new();
        for (case, outcome) in cases.iter().zip(outcomes) {
            match outcome {
                None => {
                    let needs = case.needs.as_deref().unwrap_or_default();
                    self.skipped.push(format!("{} needs {needs}", case.title()));
                }
                Some(Ok(())) => passed += 1,
                Some(Err(why)) => {
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
        for line in &self.failed {
            println!("FAILED: {line}");
        }
        for line in &self.totals {
            println!("{line}");
        }
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
