//! `segue pause`, `terminate`, `retry`, `restart`, `rerun`, `skip`, `jump`, `upgrade`.

use serde_json::{Map, Value, json};

use super::Context;
use crate::api::segment;
use crate::error::Result;
use crate::input;
use crate::print;

/// Schedule nothing new until a resume; running tasks go on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue pause ID")]
pub(crate) struct Pause {
    /// The execution.
    id: String,
}

/// Stop an execution and its sub-workflows.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue terminate ID --reason 'ordered twice'")]
pub(crate) struct Terminate {
    /// The execution.
    id: String,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
}

/// Run an unsuccessful execution again from its failures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue retry ID --deepest")]
pub(crate) struct Retry {
    /// The execution.
    id: String,
    /// Retry the deepest failed sub-workflow in place, instead of starting it anew.
    #[arg(long)]
    deepest: bool,
    /// Say what it would do, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Run an execution that is over again from its beginning, under its id.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue restart ID --latest --dry-run")]
pub(crate) struct Restart {
    /// The execution.
    id: String,
    /// By the latest version of its definition.
    #[arg(long)]
    latest: bool,
    /// Say what it would do, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Run an execution that is over again from one of its tasks on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue rerun ID --task TASK-ID --task-input '{\"n\": 2}' --dry-run")]
pub(crate) struct Rerun {
    /// The execution.
    id: String,
    /// The task, in this execution or in a sub-workflow; without one everything runs again.
    #[arg(long, value_name = "TASK-ID")]
    task: Option<String>,
    /// In place of the task's input: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON", requires = "task")]
    task_input: Option<String>,
    /// In place of the execution's input: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON", conflicts_with = "task")]
    input: Option<String>,
    /// In place of the execution's correlation id.
    #[arg(long, conflicts_with = "task")]
    correlation_id: Option<String>,
    /// Say what it would do, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Mark a task that a running execution has not reached as skipped.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue skip ID approve --output '{\"ok\": true}'")]
pub(crate) struct Skip {
    /// The execution.
    id: String,
    /// The task's reference.
    reference: String,
    /// What it is to yield: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON")]
    output: Option<String>,
    /// Say what it would do, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Abandon what is open around a task and go on at that task.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue jump ID refund --dry-run")]
pub(crate) struct Jump {
    /// The execution.
    id: String,
    /// The task's reference.
    reference: String,
    /// In place of the task's input: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON")]
    input: Option<String>,
    /// Say what it would do, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Let a running execution go on by another version of its definition.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue upgrade ID --to 3 --dry-run")]
pub(crate) struct Upgrade {
    /// The execution.
    id: String,
    /// The version; without one the latest.
    #[arg(long, value_name = "VERSION")]
    to: Option<u32>,
    /// Laid over the execution's input: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON")]
    input: Option<String>,
    /// Outputs of tasks that are to count as done, by reference: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON")]
    outputs: Option<String>,
    /// Say what it would do, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Pause {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        context.api.put(&format!("/workflow/{}/pause", segment(&self.id)), None).await?;
        say(context, &self.id, "paused");
        Ok(())
    }
}

/// Ends the pause of an execution on the server.
pub(crate) async fn end_pause(context: &Context, id: &str) -> Result<()> {
    context.api.put(&format!("/workflow/{}/resume", segment(id)), None).await?;
    say(context, id, "resumed");
    Ok(())
}

impl Terminate {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let reason = self.reason.map_or_else(String::new, |reason| format!("?reason={}", segment(&reason)));
        context.api.delete(&format!("/workflow/{}{reason}", segment(&self.id))).await?;
        say(context, &self.id, "terminated");
        Ok(())
    }
}

impl Retry {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let query = format!("?resumeSubworkflowTasks={}&dryRun={}", self.deepest, self.dry_run);
        let path = format!("/workflow/{}/retry{query}", segment(&self.id));
        told(context, &self.id, "retried", self.dry_run, &context.api.post(&path, &json!({})).await?);
        Ok(())
    }
}

impl Restart {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let query = format!("?useLatestDefinitions={}&dryRun={}", self.latest, self.dry_run);
        let path = format!("/workflow/{}/restart{query}", segment(&self.id));
        told(context, &self.id, "restarted", self.dry_run, &context.api.post(&path, &json!({})).await?);
        Ok(())
    }
}

impl Rerun {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let body = object([
            ("reRunFromTaskId", self.task.map(Value::from)),
            ("taskInput", read(self.task_input.as_deref())?),
            ("workflowInput", read(self.input.as_deref())?),
            ("correlationId", self.correlation_id.map(Value::from)),
        ]);
        let path = format!("/workflow/{}/rerun?dryRun={}", segment(&self.id), self.dry_run);
        told(context, &self.id, "rerun", self.dry_run, &context.api.post(&path, &body).await?);
        Ok(())
    }
}

impl Skip {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let body = object([("taskOutput", read(self.output.as_deref())?)]);
        let (id, reference) = (segment(&self.id), segment(&self.reference));
        let path = format!("/workflow/{id}/skiptask/{reference}?dryRun={}", self.dry_run);
        let answer = context.api.put(&path, Some(&body)).await?;
        told(context, &self.id, "skipped a task of", self.dry_run, &answer);
        Ok(())
    }
}

impl Jump {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let body = read(self.input.as_deref())?.unwrap_or_else(|| json!({}));
        let (id, reference) = (segment(&self.id), segment(&self.reference));
        let path = format!("/workflow/{id}/jump/{reference}?dryRun={}", self.dry_run);
        told(context, &self.id, "jumped in", self.dry_run, &context.api.post(&path, &body).await?);
        Ok(())
    }
}

impl Upgrade {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let body = object([
            ("version", self.to.map(Value::from)),
            ("workflowInput", read(self.input.as_deref())?),
            ("taskOutput", read(self.outputs.as_deref())?),
        ]);
        let path = format!("/workflow/{}/upgrade?dryRun={}", segment(&self.id), self.dry_run);
        told(context, &self.id, "upgraded", self.dry_run, &context.api.post(&path, &body).await?);
        Ok(())
    }
}

fn read(text: Option<&str>) -> Result<Option<Value>> {
    text.map(|text| input::object(Some(text)).map(Value::Object)).transpose()
}

fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let given = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(given.collect::<Map<_, _>>())
}

/// Says what was done, or what would be.
fn told(context: &Context, id: &str, what: &str, dry_run: bool, answer: &Value) {
    match (dry_run, context.json) {
        (false, _) => say(context, id, what),
        (true, true) => print::json(answer),
        (true, false) => preview(answer),
    }
}

fn preview(answer: &Value) {
    again(answer);
    if let Some(never) = some(&answer["neverRuns"]) {
        print::line(format!("never runs:        {never} (the flow is past them)"));
    }
    if let Some(parent) = answer["parentWorkflowId"].as_str() {
        print::line(format!("its parent runs again: {parent}"));
    }
    for parent in answer["parents"].as_array().into_iter().flatten() {
        print::line(format!("\nand in {}:", parent["workflowId"].as_str().unwrap_or_default()));
        again(parent);
    }
}

/// What one execution would do.
fn again(answer: &Value) {
    let names = |list: &Value| some(list).unwrap_or_else(|| "nothing".to_owned());
    if let Some(version) = answer["version"].as_u64() {
        print::line(format!("by version:        {version}"));
    }
    print::line(format!("runs again:        {}", names(&answer["runsAgain"])));
    if let Some(others) = some(&answer["mayRun"]) {
        print::line(format!("may run:           {others} (not attempted before)"));
    }
    if let Some(gone) = some(&answer["gone"]) {
        print::line(format!("is gone:           {gone} (not in this version)"));
    }
    if let Some(reopened) = some(&answer["reopened"]) {
        print::line(format!("goes on in place:  {reopened}"));
    }
    print::line(format!("starts at once:    {}", names(&answer["scheduled"])));
    print::line(format!("is abandoned:      {}", names(&answer["canceled"])));
    for (class, tasks) in answer["effects"].as_object().into_iter().flatten() {
        print::line(format!("effects repeated, {}: {}", class.replace('_', " "), names(tasks)));
    }
    answer["children"].as_array().into_iter().flatten().for_each(child);
    if let Some(more) = answer["moreChildren"].as_u64() {
        print::line(format!("starts a child:    and {more} more"));
    }
}

/// A child that would be started anew.
fn child(child: &Value) {
    let task = child["referenceTaskName"].as_str().unwrap_or_default();
    let name = child["name"].as_str().unwrap_or("a definition that is computed");
    let version = child["version"].as_u64().map_or_else(String::new, |version| format!(" version {version}"));
    print::line(format!("starts a child:    {name}{version} for {task}"));
    let tasks = |(class, count): (&String, &Value)| format!("{}: {count}", class.replace('_', " "));
    let did: Vec<String> = child["effects"].as_object().into_iter().flatten().map(tasks).collect();
    if !did.is_empty() {
        let executions = &child["executions"];
        print::line(format!(
            "                   tasks of the one before: {} (executions: {executions})",
            did.join(", ")
        ));
    }
    if let Some(unread) = child["unread"].as_u64() {
        print::line(format!("                   and {unread} more executions that were not looked at"));
    }
}

/// The names in a list, if there are any.
fn some(list: &Value) -> Option<String> {
    let name = |entry: &Value| {
        let named = entry.get("referenceTaskName").unwrap_or(entry);
        named.as_str().unwrap_or_default().to_owned()
    };
    let all: Vec<String> = list.as_array().into_iter().flatten().map(name).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn say(context: &Context, id: &str, what: &str) {
    if context.json {
        print::json(&json!({"workflowId": id, "done": what}));
    } else {
        print::line(format!("{what} {id}"));
    }
}
