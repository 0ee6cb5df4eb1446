//! One run of a letrun file in this process: an engine on a store, the project's host, and somebody who looks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use segue_core::decide::{Limits, Start};
use segue_core::id::ExecutionId;
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use segue_core::time::Timestamp;
use segue_core::view::{self, Tasks};
use segue_engine::{BuiltinOptions, Engine, Report, StartBy};
use segue_handlers::host::Host;
use serde_json::{Map, Value};

use super::file::Flow;
use super::loggers::Loggers;
use super::memo::Memo;
use super::saved::Saved;
use super::scripts::Scripts;
use super::setup::{Setup, Surface};
use super::{missing, output, plugins, shown};
use crate::commands::server;
use crate::commands::stop::Stop;
use crate::error::{Error, Result};
use crate::print::field;

/// Between two looks at a running execution.
const PAUSE: Duration = Duration::from_millis(50);

/// An engine that does all tasks of one file.
pub(crate) struct Session {
    pub(crate) engine: Engine,
    flow: Flow,
    host: Host,
    surface: Surface,
    loggers: Loggers,
    /// When it began to take attempts.
    opened_at: Timestamp,
}

/// How following an execution ended.
pub(crate) enum Followed {
    /// The execution is over; as Conductor's JSON.
    Over(Value),
    /// The user stopped it.
    Stopped,
    /// A file changed.
    Changed,
}

/// On the user's own machine, for one run, data may be large.
fn limits() -> Limits {
    Limits { payload_bytes_max: 256 * 1024 * 1024, ..Limits::default() }
}

impl Session {
    /// Opens a store and does what its executions need.
    pub(crate) async fn open(setup: &Setup, flow: Flow, url: &str, memo: Option<Arc<Memo>>) -> Result<Self> {
        let opened_at = Timestamp(now_ms());
        let store = segue_store::open(url).await?;
        let options = BuiltinOptions { http: setup.http.clone(), log: Some(setup.loggers.log_sink()) };
        let (engine, system) = server::open_engine_with(store, &setup.builtins, options, limits()).await?;
        let scripts = Scripts {
            engine: engine.clone(),
            host: setup.host.clone(),
            system: system.in_directory(&setup.directory),
            is_everything_seen: setup.host.sees_every_task(),
            directory: flow.directory().to_path_buf(),
            places: setup.places(&flow),
            patience: setup.patience,
            memo,
            lines: setup.surface.lines(),
        };
        let used: Vec<String> = flow.compiled.handlers.iter().map(|used| used.text.clone()).collect();
        setup.host.warm(&used, Some(flow.directory()));
        scripts.serve();
        let (host, surface, loggers) = (setup.host.clone(), setup.surface.clone(), setup.loggers.clone());
        Ok(Self { engine, flow, host, surface, loggers, opened_at })
    }

    /// Starts the file's workflow; nothing if the user stopped it before.
    pub(crate) async fn start(
        &self,
        input: Map<String, Value>,
        stop: &mut Stop,
    ) -> Result<Option<ExecutionId>> {
        let mut definition = Box::new(self.flow.compiled.definition.clone());
        let prepared = async {
            let input = plugins::before(&self.host, &mut definition, input).await?;
            let id = self.host.generate_id(None).await.map_err(plugins::failed)?;
            Ok::<_, Error>((input, id))
        };
        let (input, id) = tokio::select! {
            prepared = prepared => prepared?,
            () = stop.told() => return Ok(None),
        };
        let start = Start {
            input: Json::of(&Value::Object(input)),
            correlation_id: id.map(Into::into),
            ..Start::default()
        };
        Ok(Some(self.engine.start(StartBy::Definition(definition), start).await?.execution))
    }

    /// The execution as Conductor's JSON.
    pub(crate) async fn look(&self, id: ExecutionId) -> Result<Value> {
        Ok(self.engine.read(id, |execution| view::workflow(execution, Tasks::Included)).await?)
    }

    /// Shows an execution until it is over, the user stops it, or `changed` is done.
    pub(crate) async fn follow(
        &self,
        id: ExecutionId,
        stop: &mut Stop,
        changed: impl Future<Output = ()>,
    ) -> Result<Followed> {
        tokio::pin!(changed);
        loop {
            if !self.surface.is_quiet() {
                self.show(&self.look(id).await?);
            }
            tokio::select! {
                ended = self.engine.wait(id, PAUSE) => if ended?.status.is_terminal() { break },
                () = stop.told() => return Ok(Followed::Stopped),
                () = &mut changed => return Ok(Followed::Changed),
            }
        }
        let mut workflow = self.look(id).await?;
        self.tell_roots(&mut workflow).await?;
        self.show(&workflow);
        missing::warnings(&workflow).iter().for_each(|warning| self.surface.say(warning));
        Ok(Followed::Over(workflow))
    }

    /// Says of a child that failed which of its tasks did, and why, instead of which execution.
    async fn tell_roots(&self, workflow: &mut Value) -> Result<()> {
        let tasks = workflow.get_mut("tasks").and_then(Value::as_array_mut);
        for task in tasks.into_iter().flatten().filter(|task| field(task, "status").starts_with("FAILED")) {
            let Ok(child) = field(task, "subWorkflowId").parse() else { continue };
            let mut child = self.look(child).await?;
            Box::pin(self.tell_roots(&mut child)).await?;
            task["reasonForIncompletion"] = cause(&child).into();
        }
        Ok(())
    }

    fn show(&self, workflow: &Value) {
        let helpers = &self.flow.compiled.helpers;
        if self.surface.is_live() {
            self.surface.draw(&shown::lines(workflow, helpers));
        } else {
            self.surface.draw(&shown::settled(workflow, helpers));
        }
    }

    /// Goes on with a saved execution: what failed is tried again, what is done is not.
    pub(crate) async fn go_on(&self, id: ExecutionId) -> Result<()> {
        let status = self.engine.status(id).await?.status;
        if status.is_terminal() {
            self.engine.retry(id).await?;
        } else {
            self.give_back(id).await?;
        }
        Ok(())
    }

    /// Attempts that a process took and did not live to finish are ready again, without counting as failed. What this
    /// one has taken meanwhile is under way.
    async fn give_back(&self, id: ExecutionId) -> Result<()> {
        let opened_at = self.opened_at;
        let ids = self.engine.read(id, move |execution| {
            let open = execution.tasks().iter().filter(|task| task.status == TaskStatus::InProgress);
            let taken_before = |at: Option<Timestamp>| at.is_none_or(|at| at < opened_at);
            let queued = open.filter(|task| task.queue.is_some() && taken_before(task.started_at));
            queued.map(|task| execution.id.task(task.ordinal)).collect::<Vec<_>>()
        });
        for task in ids.await? {
            self.engine.report(task, &Report::of(TaskStatus::InProgress)).await?;
        }
        Ok(())
    }

    /// Brings what there is to disk in `journal` and its summary, so that the run can be resumed.
    pub(crate) async fn save(&self, id: ExecutionId, kept: &Kept) -> Result<()> {
        if kept.is_copy {
            std::fs::create_dir_all(&kept.folder)?;
            let path = kept.folder.join(&kept.journal);
            let store = segue_store::open(&format!("sqlite:{}", path.display())).await?;
            segue_store::copy_executions(&**self.engine.store(), &*store).await?;
            store.close().await?;
        }
        self.summarise(id, kept).await
    }

    /// Writes the summary of a saved run.
    pub(crate) async fn summarise(&self, id: ExecutionId, kept: &Kept) -> Result<()> {
        let workflow = self.look(id).await?;
        Saved::of(&workflow, &self.flow.path, kept.strict, &kept.journal).write(&kept.folder)
    }

    /// Tells plugins that a workflow is over.
    pub(crate) async fn conclude(&self, workflow: &Value) -> Result<()> {
        plugins::after(&self.host, workflow).await
    }

    /// Ends it: what is under way is abandoned.
    pub(crate) async fn close(&self) -> Result<()> {
        self.engine.shutdown().await?;
        self.loggers.flush().await;
        self.host.stop().await;
        Ok(())
    }
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Where a run is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// The folder of saved runs.
    pub(crate) folder: PathBuf,
    /// The file in it.
    pub(crate) journal: String,
    /// It is somewhere else now, and must be copied.
    pub(crate) is_copy: bool,
    /// How the file was read.
    pub(crate) strict: bool,
}

/// Prints how a run ended; an unsuccessful end is an error that names its first cause.
pub(crate) fn conclude(workflow: &Value, how: &Show) -> Result<()> {
    let yielded = output::of(workflow);
    if let Some(path) = &how.file {
        output::write(path, yielded.unwrap_or(&Value::Null))?;
    }
    if how.as_json {
        crate::print::json(workflow);
    }
    if field(workflow, "status") == "COMPLETED" {
        if !how.as_json {
            output::print(yielded, how.is_bare);
        }
        return Ok(());
    }
    Err(Error::failed(cause(workflow)))
}

/// What is printed of a run that is over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Show {
    pub(crate) file: Option<PathBuf>,
    pub(crate) is_bare: bool,
    pub(crate) as_json: bool,
}

/// Whether the flow went on behind a failed attempt, or it stands for others.
fn is_forgiven(task: &Value) -> bool {
    let is_optional = task.pointer("/workflowTask/optional") == Some(&Value::Bool(true));
    is_optional || task.get("retried") == Some(&Value::Bool(true))
}

/// The first task that failed and was not forgiven, and why.
fn cause(workflow: &Value) -> String {
    let tasks = workflow.get("tasks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let failed = tasks.iter().rev().find(|task| {
        let status = field(task, "status");
        matches!(status.as_str(), "FAILED" | "FAILED_WITH_TERMINAL_ERROR" | "TIMED_OUT") && !is_forgiven(task)
    });
    match failed {
        Some(task) => {
            format!("task {:?} failed: {}", shown::owner(task), field(task, "reasonForIncompletion"))
        }
        None => {
            let status = field(workflow, "status").to_lowercase();
            format!("the workflow ended as {status}: {}", field(workflow, "reasonForIncompletion"))
        }
    }
}
