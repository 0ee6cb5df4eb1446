//! Conductor's own example definitions (`data/conductor`, Apache-2.0): all of them read, keep what they say,
//! and most pass validation.

use std::fs;
use std::path::Path;

use segue_core::definition::{WorkflowDef, WorkflowTask, validate};
use serde_json::Value;

/// Every definition among the files by file name; a request that embeds one gives that.
fn definitions() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conductor");
    let mut found: Vec<(String, Value)> = fs::read_dir(folder)
        .expect("the folder of definitions")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a text file");
            let mut json: Value = serde_json::from_str(&text).expect("JSON");
            let definition = json.get_mut("workflowDef").map(Value::take).unwrap_or(json);
            (path.file_name().expect("a name").to_string_lossy().into_owned(), definition)
        })
        .collect();
    found.sort_by(|left, right| left.0.cmp(&right.0));
    assert!(found.len() > 40, "only {} definitions found", found.len());
    found
}

/// True when `kept` says everything that `given` says; nulls may be left out.
fn assert_keeps(given: &Value, kept: &Value, place: &str) {
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => {
            for (key, value) in given.iter().filter(|(_, value)| !value.is_null()) {
                // Never a property of the format: some of Conductor's files carry it by mistake.
                if key == "callbackFromWorker" {
                    continue;
                }
                let kept = kept.get(key).unwrap_or_else(|| panic!("{place}.{key} is lost"));
                assert_keeps(value, kept, &format!("{place}.{key}"));
            }
        }
        (Value::Array(given), Value::Array(kept)) => {
            assert_eq!(given.len(), kept.len(), "{place}");
            for (at, (given, kept)) in given.iter().zip(kept).enumerate() {
                assert_keeps(given, kept, &format!("{place}[{at}]"));
            }
        }
        _ => assert_eq!(given, kept, "{place}"),
    }
}

fn count(tasks: &[WorkflowTask]) -> usize {
    tasks.iter().map(|task| 1 + task.children().map(|(_, below)| count(below)).sum::<usize>()).sum()
}

#[test]
fn every_example_reads_and_keeps_what_it_says() {
    for (name, json) in definitions() {
        let def: WorkflowDef =
            serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(count(&def.tasks) > 0, "{name}");
        let written = serde_json::to_value(&def).expect("a definition is JSON");
        assert_keeps(&json, &written, &name);
        let text = serde_json::to_string(&def).expect("a definition is JSON");
        let again: WorkflowDef = serde_json::from_str(&text).expect("what was written reads");
        assert_eq!(again, def, "{name}");
        assert_eq!(serde_json::to_string(&again).expect("JSON"), text, "{name}");
    }
}

#[test]
fn examples_are_valid_but_for_what_is_known() {
    let mut found = Vec::new();
    for (name, json) in definitions() {
        let def: WorkflowDef = serde_json::from_value(json).unwrap_or_else(|error| panic!("{name}: {error}"));
        let violations = validate(&def, &|_| None);
        found.extend(violations.into_iter().map(|v| format!("{name}: {}: {}", v.path, v.message)));
    }
    assert_eq!(found, ["wf1.json: schemaVersion: workflowDef schemaVersion: 2 is only supported"]);
}
