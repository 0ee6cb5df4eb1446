//! The format of the cases.
//!
//! A case registers definitions and takes steps one after another. Strings may hold `<name>`: in what is sent
//! and expected it is replaced by what a step saved under that name; [`crate::matching`] lists the ones that
//! stand for a kind of value.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use segue_dialects::Document;
use serde::Deserialize;
use serde_json::Value;

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The file it is in, without the extension.
    #[serde(skip)]
    pub(crate) group: String,
    /// What holds if it passes.
    pub(crate) name: String,
    /// What is missing for it. It is not played.
    pub(crate) needs: Option<String>,
    /// The only store that it is for.
    pub(crate) store: Option<String>,
    /// The domain that `start`, `work` and `workers` use.
    pub(crate) domain: Option<String>,
    /// Task definitions.
    #[serde(default)]
    pub(crate) task_defs: Vec<Value>,
    /// Workflow definitions.
    #[serde(default)]
    pub(crate) define: Vec<Value>,
    /// Workflow definitions in files of [`crate::files`].
    #[serde(default)]
    pub(crate) files: Vec<String>,
    /// What is replaced in files before they are used.
    #[serde(default)]
    pub(crate) replace: BTreeMap<String, String>,
    /// Workers that run beside the steps: by task type what they answer, one after another. The last is for all
    /// further tasks.
    #[serde(default)]
    pub(crate) workers: BTreeMap<String, Vec<Value>>,
    pub(crate) steps: Vec<Step>,
}

impl Case {
    pub(crate) fn is_for(&self, store: &str) -> bool {
        self.store.as_deref().is_none_or(|only| only == store)
    }

    pub(crate) fn title(&self) -> String {
        format!("{}: {}", self.group, self.name)
    }
}

/// One of `call`, `start`, `poll`, `work` and `end`, with what belongs to it.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Step {
    /// A request: `VERB /path`.
    pub(crate) call: Option<String>,
    /// Its body as JSON.
    pub(crate) body: Option<Value>,
    /// Its body as it stands, labelled JSON.
    pub(crate) text: Option<String>,
    /// Its body from a file.
    pub(crate) file: Option<String>,
    /// The status of its reply, 200 unless said.
    pub(crate) status: Option<u16>,
    /// The media type of its reply, without parameters; empty for none.
    pub(crate) media: Option<String>,
    /// What its reply holds, whatever else is in it. With `until` it is repeated before.
    pub(crate) reply: Option<Value>,
    /// Its whole reply.
    pub(crate) exactly: Option<Value>,
    /// It is repeated until its reply holds this.
    pub(crate) until: Option<Value>,
    /// Names for what is at these JSON pointers of the reply.
    pub(crate) save: BTreeMap<String, String>,

    /// Starts this definition. The id is saved as `id` unless `as` names it.
    pub(crate) start: Option<String>,
    pub(crate) input: Option<Value>,
    /// More members of the request.
    pub(crate) with: Option<Value>,
    #[serde(rename = "as")]
    pub(crate) as_name: Option<String>,

    /// Polls this task type and leaves the task with the worker.
    pub(crate) poll: Option<String>,
    /// Nothing is to be had.
    pub(crate) none: bool,
    pub(crate) domain: Option<String>,
    /// What the polled task holds.
    pub(crate) task: Option<Value>,

    /// Polls this task type and answers: COMPLETED unless said.
    pub(crate) work: Option<String>,
    /// The output of the worker, or the whole output of the execution.
    pub(crate) output: Option<Value>,
    /// The worker fails for this reason.
    pub(crate) fails: Option<String>,
    /// Members of the worker's result.
    pub(crate) result: Option<Value>,

    /// The execution comes to this status.
    pub(crate) end: Option<String>,
    /// Which one; `<id>` unless said.
    pub(crate) of: Option<String>,
    pub(crate) reason: Option<String>,
    /// Its tasks as `ref:STATUS`, with `#n` for the nth retry.
    pub(crate) trace: Option<String>,
}

/// All cases of a folder.
///
/// # Panics
/// At the first file that cannot be read, with the place.
pub(crate) fn load(folder: &Path) -> Vec<Case> {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the cases").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().flat_map(|path| read(path)).collect()
}

fn read(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).expect("a text file");
    let name = path.display().to_string();
    let group: Group = Document::new(&text).in_file(&name).read().unwrap_or_else(|wrong| panic!("{wrong}"));
    let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
    group.cases.into_iter().map(|case| Case { group: stem.clone(), ..case }).collect()
}

/// Cases are played at the same time: no two may poll the same task type, unless in a domain of their own, or
/// define the same name.
pub(crate) fn assert_apart(cases: &[Case]) {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for case in cases {
        for name in names(case) {
            if let Some(other) = owners.insert(name.clone(), &case.name) {
                panic!("{name} belongs to the case `{other}` and to the case `{}`", case.name);
            }
        }
    }
}

fn names(case: &Case) -> BTreeSet<String> {
    let name = |value: &Value| value["name"].as_str().map(str::to_owned);
    let types = case.steps.iter().flat_map(|step| step.poll.iter().chain(&step.work));
    let types = types.chain(case.workers.keys());
    let domain = case.domain.as_deref().unwrap_or_default();
    let mut names: BTreeSet<String> = types.map(|kind| format!("task type {domain}:{kind}")).collect();
    let defined = case.define.iter().filter_map(name).map(|name| format!("definition {name}"));
    names.extend(defined);
    names.extend(case.task_defs.iter().filter_map(name).map(|name| format!("task definition {name}")));
    names
}
