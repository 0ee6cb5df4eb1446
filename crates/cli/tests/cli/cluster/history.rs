//! Holds the journal of one execution against the promises.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// An attempt, as its events tell.
#[derive(Default)]
struct Attempt {
    reference: String,
    /// Who has it, and until when.
    holder: Option<(String, i64)>,
    has_ended: bool,
}

/// # Panics
/// If a promise is broken.
pub(super) fn check(id: &str, records: &[Value]) {
    let mut attempts: BTreeMap<u64, Attempt> = BTreeMap::new();
    let mut completed = BTreeSet::new();
    let mut ends = 0;
    for (index, entry) in records.iter().enumerate() {
        assert_eq!(entry["seq"], index as u64 + 1, "{id}: seqs are dense: {records:?}");
        let at = entry["record"]["at"].as_i64().expect("an instant");
        for event in entry["record"]["events"].as_array().into_iter().flatten() {
            let (name, body) = event.as_object().and_then(|event| event.iter().next()).expect("an event");
            let task = body["task"].as_u64().unwrap_or_default();
            match name.as_str() {
                "TaskScheduled" => {
                    let reference = body["reference"].as_str().unwrap_or_default().to_owned();
                    let open =
                        attempts.values().any(|other| !other.has_ended && other.reference == reference);
                    assert!(!open, "{id}: two open attempts of {reference}: {records:?}");
                    attempts.insert(task, Attempt { reference, ..Attempt::default() });
                }
                "AttemptStarted" => {
                    let attempt = attempts.get_mut(&task).expect("scheduled");
                    let from = body["at"].as_i64().unwrap_or(at);
                    if let Some((holder, until)) = &attempt.holder {
                        assert!(*until <= from, "{id}: claimed while {holder} had it: {records:?}");
                    }
                    let worker = body["worker"].as_str().unwrap_or_default().to_owned();
                    attempt.holder = Some((worker, body["lease_until"].as_i64().unwrap_or(i64::MAX)));
                }
                "AttemptDeferred" => attempts.get_mut(&task).expect("scheduled").holder = None,
                "TaskEnded" => {
                    let attempt = attempts.get_mut(&task).expect("scheduled");
                    assert!(!attempt.has_ended, "{id}: attempt {task} ended twice: {records:?}");
                    attempt.has_ended = true;
                    if body["status"] == "COMPLETED" {
                        let by = body["output"]["by"].as_str().unwrap_or_default();
                        let holder = attempt.holder.as_ref().map(|(holder, _)| holder.as_str());
                        assert_eq!(holder, Some(by), "{id}: a superseded claim completed: {records:?}");
                        let first = completed.insert(attempt.reference.clone());
                        assert!(first, "{id}: {} completed twice: {records:?}", attempt.reference);
                    }
                }
                "ExecutionEnded" => {
                    ends += 1;
                    assert_eq!(body["status"], "COMPLETED", "{id}: {records:?}");
                }
                _ => {}
            }
        }
    }
    assert_eq!(ends, 1, "{id} ends once: {records:?}");
    assert_eq!(completed.len(), 2, "{id} completes both tasks: {records:?}");
}
