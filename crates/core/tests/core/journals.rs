//! Journals as each release wrote them. Every build folds them to the state that was recorded with them, and those of the
//! present release have every event, step, part and message that there is, so that none can change unnoticed.
//!
//! `SEGUE_RECORD=1 cargo test -p segue-core journals` records what the present release has not recorded yet. What is recorded
//! stays as it is: so it is on the disks of users too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use segue_core::event::{Event, Section, Step};
use segue_core::execution::Execution;
use segue_core::execution::snapshot::Snapshot;
use segue_core::id::{BlueprintHash, ExecutionId};
use segue_core::plan::compile;
use segue_core::record::{MessageBody, Record};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::recordings;
use crate::run::Run;

/// One execution's journal, with what it folds to.
#[derive(Serialize, Deserialize)]
struct Recorded {
    execution: ExecutionId,
    blueprint: Value,
    /// By their hashes: what took its place or extended it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    plans: BTreeMap<String, Value>,
    format: u16,
    records: Vec<Value>,
    state: Value,
}

impl Recorded {
    fn all_of(run: &Run) -> impl Iterator<Item = Self> {
        run.executions.iter().map(|(id, live)| {
            let records = live.journal.iter().map(|body| serde_json::from_slice(body).expect("JSON"));
            let plans = live.plans.iter().filter(|plan| plan.hash != live.plan.hash);
            Self {
                execution: *id,
                blueprint: live.plan.body.value(),
                plans: plans.map(|plan| (plan.hash.to_string(), plan.body.value())).collect(),
                format: segue_core::record::FORMAT,
                records: records.collect(),
                state: state_of(&live.execution),
            }
        })
    }

    fn records(&self) -> Vec<Record> {
        let decoded =
            |body: &Value| Record::decode(self.format, body.to_string().as_bytes()).expect("decodes");
        self.records.iter().map(decoded).collect()
    }

    /// What its records come to.
    fn fold(&self) -> Execution {
        let plan = |body: &Value, hash: BlueprintHash| {
            let mut plan =
                compile(serde_json::from_value(body.clone()).expect("a blueprint")).expect("compiles");
            plan.hash = hash;
            Arc::new(plan)
        };
        let records = self.records();
        let started = Execution::start_of(&records[0]).expect("begins with a start").clone();
        let first = plan(&self.blueprint, started.blueprint);
        let mut execution = Execution::new(self.execution, first, Arc::new(started), records[0].at);
        for (hash, body) in &self.plans {
            execution.know(plan(body, serde_json::from_value(json!(hash)).expect("a hash")));
        }
        for record in &records {
            execution.fold_record(record).expect("folds");
        }
        execution
    }
}

fn present() -> PathBuf {
    releases().join(env!("CARGO_PKG_VERSION"))
}

/// The files of a folder, in their order.
fn files(of: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(of).expect("recorded journals");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// Records what is not, if that is asked for.
fn record() {
    static DONE: Once = Once::new();
    if std::env::var_os("SEGUE_RECORD").is_some() {
        DONE.call_once(record_missing);
    }
}

fn record_missing() {
    std::fs::create_dir_all(present()).expect("a directory");
    for (name, run) in recordings::ALL {
        let path = present().join(name).with_extension("json");
        if !path.exists() {
            let all: Vec<Recorded> = Recorded::all_of(&run()).collect();
            let text = serde_json::to_string_pretty(&all).expect("JSON");
            std::fs::write(path, text + "\n").expect("written");
        }
    }
}

fn read(path: &Path) -> Vec<Recorded> {
    let text = std::fs::read_to_string(path).expect("recorded journals");
    serde_json::from_str(&text).expect("recorded journals")
}

fn releases() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/journals")
}

fn state_of(execution: &Execution) -> Value {
    serde_json::to_value(Snapshot::of(execution)).expect("a snapshot")
}

/// A state without the fields that a recorded one does not know yet.
fn as_far_as(recorded: &Value, mut state: Value) -> Value {
    let known = recorded["tasks"].as_array().into_iter().flatten();
    let tasks = state["tasks"].as_array_mut().into_iter().flatten();
    for (task, known) in tasks.zip(known) {
        task.as_object_mut().expect("a task").retain(|field, _| known.get(field).is_some());
    }
    state
}

/// The variants of a type that is stored: serde knows them all.
fn variants<T: DeserializeOwned>() -> BTreeSet<String> {
    let error =
        serde_json::from_value::<T>(json!({"no such variant": 0})).err().expect("refused").to_string();
    let (_, list) = error.split_once("expected one of ").expect(&error);
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The name of the variant that a stored value is of.
fn variant(value: &Value) -> Option<String> {
    let named = value.as_object().and_then(|fields| fields.keys().next());
    named.map(String::as_str).or(value.as_str()).map(str::to_owned)
}

fn list<'a>(of: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    of[field].as_array().into_iter().flatten()
}

#[test]
fn every_recorded_journal_folds_to_the_recorded_state() {
    record();
    for path in files(&releases()).iter().flat_map(|release| files(release)) {
        for one in read(&path) {
            let name = format!("{} of {}", one.execution, path.display());
            let state = as_far_as(&one.state, state_of(&one.fold()));
            assert_eq!(state, one.state, "{name}");
            for (record, body) in one.records().iter().zip(&one.records) {
                let written: Value = serde_json::from_slice(&record.encode()).expect("JSON");
                assert_eq!(&written, body, "{name}: what is read is written the same");
            }
        }
    }
}

#[test]
fn the_present_release_has_recorded_all_that_can_be_stored() {
    record();
    let recorded: Vec<Recorded> = files(&present()).iter().flat_map(|path| read(path)).collect();
    let records: Vec<&Value> = recorded.iter().flat_map(|one| &one.records).collect();
    let events: Vec<&Value> = records.iter().flat_map(|record| list(record, "events")).collect();
    let steps = events.iter().flat_map(|event| list(event, "StepsDeferred"));
    let bodies = records.iter().flat_map(|record| list(record, "messages")).map(|message| &message["body"]);
    let sections =
        events.iter().map(|event| &event["SectionStarted"]["section"]).filter(|part| !part.is_null());
    for (what, there_are, recorded) in [
        ("events", variants::<Event>(), events.iter().copied().filter_map(variant).collect::<BTreeSet<_>>()),
        ("steps", variants::<Step>(), steps.filter_map(variant).collect()),
        ("messages", variants::<MessageBody>(), bodies.filter_map(variant).collect()),
        ("parts of a TRY_CATCH", variants::<Section>(), sections.filter_map(variant).collect()),
    ] {
        let missing: Vec<_> = there_are.difference(&recorded).collect();
        assert!(
            !there_are.is_empty() && missing.is_empty(),
            "{what} that recordings.rs does not meet: {missing:?}"
        );
    }
}
