//! Cases in `cases/*.yaml`: files, a command, and what must come of it.
//!
//! `tasks` is short for a file `flow.json` with these tasks, `flow` for that file; without `run` it is run with `--pipe`.
//! `out` is all of standard output, `json` its value, `says` among it; `err` must be among what standard error says, `never` is nowhere;
//! `left` are files as they are afterwards, null for none.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use serde_json::{Value, json};

use super::program::{Folder, Output, beside};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    files: BTreeMap<String, Value>,
    flow: Option<Value>,
    tasks: Option<Value>,
    #[serde(default = "of_the_flow")]
    run: String,
    input: Option<Value>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    exit: i32,
    out: Option<String>,
    #[serde(default, deserialize_with = "some")]
    json: Option<Value>,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    err: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
    #[serde(default)]
    left: BTreeMap<String, Option<String>>,
}

fn of_the_flow() -> String {
    "run flow.json -p".to_owned()
}

/// A null that is there is a value.
fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Case {
    fn play(&self) -> Result<(), String> {
        let folder = Folder::new(&[]).with(self.env.clone());
        let flow = match (&self.flow, &self.tasks) {
            (Some(flow), _) => Some(flow.clone()),
            (None, Some(tasks)) => Some(json!({ "name": "flow", "tasks": tasks })),
            (None, None) => None,
        };
        let files = self.files.iter().map(|(path, text)| (path.as_str(), text));
        for (path, text) in files.chain(flow.iter().map(|flow| ("flow.json", flow))) {
            folder.write(path, &text.as_str().map_or_else(|| text.to_string(), str::to_owned));
        }
        let input = self.input.as_ref().map(Value::to_string);
        let given = input.iter().flat_map(|input| ["-i", input]);
        let args: Vec<&str> = self.run.split_whitespace().chain(given).collect();
        let output = folder.segue(&args);
        let wrong: Vec<String> = self.wrong(&output).into_iter().chain(self.wrongly_left(&folder)).collect();
        if wrong.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{}\n  {}\nstdout: {}\nstderr: {}",
            self.name,
            wrong.join("\n  "),
            output.out,
            output.err
        ))
    }

    fn wrong(&self, output: &Output) -> Vec<String> {
        let mut wrong = Vec::new();
        if output.code != self.exit {
            wrong.push(format!("exit {} instead of {}", output.code, self.exit));
        }
        if let Some(expected) = self.out.as_ref().filter(|expected| **expected != output.out) {
            wrong.push(format!("{expected:?} is expected on standard output"));
        }
        if let Some(expected) = &self.json
            && serde_json::from_str::<Value>(&output.out).ok().as_ref() != Some(expected)
        {
            wrong.push(format!("{expected} is expected on standard output"));
        }
        wrong.extend(
            self.says
                .iter()
                .filter(|text| !output.out.contains(*text))
                .map(|text| format!("{text:?} is not printed")),
        );
        wrong.extend(
            self.err
                .iter()
                .filter(|text| !output.err.contains(*text))
                .map(|text| format!("{text:?} is not said")),
        );
        let is_there = |text: &&String| output.err.contains(*text) || output.out.contains(*text);
        wrong.extend(self.never.iter().filter(is_there).map(|text| format!("{text:?} is said")));
        wrong
    }

    fn wrongly_left(&self, folder: &Folder) -> Vec<String> {
        let left = self.left.iter().map(|(path, expected)| (path, expected, folder.read(path)));
        left.filter(|(_, expected, found)| *expected != found)
            .map(|(path, expected, found)| format!("{path} is {found:?} instead of {expected:?}"))
            .collect()
    }
}

/// Plays all cases of a file, a few at once.
fn play(name: &str) {
    let text = std::fs::read_to_string(beside(&format!("cases/{name}.yaml"))).expect("a file");
    let cases: Vec<Case> = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let next = AtomicUsize::new(0);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let turn = || {
            let turns = std::iter::from_fn(|| cases.get(next.fetch_add(1, Ordering::Relaxed)));
            turns.filter_map(|case| case.play().err()).collect::<Vec<_>>()
        };
        let players = [scope.spawn(turn), scope.spawn(turn)];
        players.into_iter().flat_map(|player| player.join().expect("no panic")).collect()
    });
    assert!(wrong.is_empty(), "{} of {} cases:\n\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

macro_rules! cases {
    ($($name:ident)*) => { $(#[test] fn $name() { play(stringify!($name)); })* };
}

cases! { catch cli config handlers interpolation order plugins retry scripts system }
