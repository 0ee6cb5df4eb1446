//! Conductor's own example definitions, run to their end.

use std::path::Path;

use segue_core::definition::WorkflowDef;
use serde_json::{Value, json};

use crate::run::Run;

/// All definitions in the folder: files hold one, or a list.
fn definitions() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conductor");
    let mut found = Vec::new();
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let text = std::fs::read_to_string(path).expect("a file");
        let Ok(value) = serde_json::from_str::<Value>(&text) else { continue };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let list = match value {
            Value::Array(list) => list,
            one => vec![one],
        };
        let is_definition = |value: &Value| {
            value["tasks"].is_array() && serde_json::from_value::<WorkflowDef>(value.clone()).is_ok()
        };
        found.extend(list.into_iter().filter(is_definition).map(|value| (name.clone(), value)));
    }
    found
}

#[test]
fn examples_run_to_their_end_when_all_workers_succeed() {
    let mut lines = Vec::new();
    for (file, definition) in definitions() {
        let mut run = Run::new();
        // Scripts give the same for everything: what matters here is that the flow ends.
        run.evaluator = |_| Ok(json!([]));
        // What they start as sub-workflows.
        for (_, other) in definitions() {
            let _ = run.try_define(other);
        }
        if let Err(violations) = run.try_define(definition.clone()) {
            let first = violations.first().map_or("", |violation| violation.message.as_str());
            lines.push(format!("{file}: not run: {first}"));
            continue;
        }
        let name = definition["name"].as_str().unwrap_or_default();
        let id = run.start(name, json!({"param1": "p1", "param2": "p2", "loop": 2, "case": "a"}));
        run.work_off();
        assert!(run.status(id).is_terminal(), "{file}");
        let failed = run.execution(id).failed.iter().filter_map(|ordinal| run.execution(id).task(*ordinal));
        let reasons: String = failed.filter_map(|task| task.reason.as_deref()).collect();
        lines.push(format!("{file}: {} {reasons}", run.status(id)).trim_end().to_owned());
    }
    insta::assert_snapshot!(lines.join("\n"));
}
