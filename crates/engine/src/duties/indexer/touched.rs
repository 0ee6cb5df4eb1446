//! What records say about is looked at anew and written down as it is now, so it does not matter that the index comes late.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use segue_core::event::{Event, ExecutionStarted};
use segue_core::execution::{Execution, Task};
use segue_core::id::ExecutionId;
use segue_core::json::Json;
use segue_core::plan::Plan;
use segue_core::record::Record;
use segue_core::time::Timestamp;
use segue_core::words::Text;
use segue_store::contract::{IndexEntry, IndexScope, IndexedTask, StoredRecord};

use crate::engine::{Engine, Inner};
use crate::error::Error;

/// The parts of an execution that records speak of.
#[derive(Default)]
struct Touched {
    /// All of it.
    whole: bool,
    /// What is found of the execution itself.
    text: bool,
    tasks: BTreeSet<u32>,
    /// When it ended, and with it the attempts that were open.
    ended: Vec<Timestamp>,
}

impl Touched {
    fn add(&mut self, record: &Record) {
        for event in &record.events {
            match event {
                Event::ExecutionStarted(_) => self.text = true,
                Event::TaskScheduled(scheduled) => drop(self.tasks.insert(scheduled.task)),
                Event::AttemptStarted(started) => drop(self.tasks.insert(started.task)),
                Event::AttemptDeferred(deferred) => drop(self.tasks.insert(deferred.task)),
                Event::TaskEnded(ended) => drop(self.tasks.insert(ended.task)),
                Event::ChildStarted { task, .. }
                | Event::TaskUpdated { task, .. }
                | Event::AttemptParked { task, .. }
                | Event::TaskReopened { task } => drop(self.tasks.insert(*task)),
                Event::ExecutionEnded(_) => {
                    self.text = true;
                    self.ended.push(record.at);
                }
                Event::IterationStarted { .. }
                | Event::EvaluationAsked { .. }
                | Event::PlanExtended { .. }
                | Event::VariablesSet(_)
                | Event::StepsDeferred(_)
                | Event::StepsResumed
                | Event::TimeoutNoted { .. }
                | Event::ResultDiscarded { .. }
                | Event::ExecutionPaused
                | Event::ExecutionResumed => {}
                // What makes an execution run again may change any of its attempts.
                _ => self.whole = true,
            }
        }
    }

    fn covers(&self, task: &Task) -> bool {
        self.whole
            || self.tasks.contains(&task.ordinal)
            || task.ended_at.is_some_and(|at| self.ended.contains(&at))
    }
}

/// What is to be found now of the executions that the records belong to.
pub(super) async fn entries(inner: &Arc<Inner>, records: &[StoredRecord]) -> Result<Vec<IndexEntry>, Error> {
    let mut touched: BTreeMap<ExecutionId, Touched> = BTreeMap::new();
    for stored in records {
        touched.entry(stored.execution).or_default().add(&stored.record);
    }
    let engine = Engine { inner: inner.clone() };
    let mut entries = Vec::with_capacity(touched.len());
    for (execution, touched) in touched {
        // Looked at under the node's lock, so only handed over there.
        match engine.read(execution, move |execution| Seen::of(execution, &touched)).await {
            Ok(seen) => entries.push(seen.entry(execution)),
            Err(Error::NoSuchExecution(_)) => {}
            Err(error @ Error::Quarantined { .. }) => {
                tracing::warn!(%execution, %error, "an execution is not in the search index");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(entries)
}

/// The parts that are written down.
struct Seen {
    started: Arc<ExecutionStarted>,
    plan: Arc<Plan>,
    /// Output and reason, if they are asked for.
    end: Option<(Json, Option<Arc<str>>)>,
    tasks: Vec<Task>,
    scope: IndexScope,
}

impl Seen {
    fn of(execution: &Execution, touched: &Touched) -> Self {
        let end = || (execution.output.clone(), execution.reason.clone());
        Self {
            started: execution.started.clone(),
            plan: execution.plan.clone(),
            end: (touched.text || touched.whole).then(end),
            tasks: execution.tasks().iter().filter(|task| touched.covers(task)).cloned().collect(),
            scope: if touched.whole { IndexScope::All } else { IndexScope::Listed },
        }
    }

    fn entry(self, execution: ExecutionId) -> IndexEntry {
        let text = self.end.as_ref().map(|(output, reason)| {
            let started = &self.started;
            let mut text = Text::default();
            text.add(&execution.to_string()).add(&started.name);
            let keys = [&started.correlation_id, &started.start_key, reason];
            for key in keys.into_iter().flatten() {
                text.add(key);
            }
            text.add_json(&started.input).add_json(output);
            text
        });
        let tasks = self.tasks.iter().map(|task| indexed(execution, &self.plan, task)).collect();
        IndexEntry { execution, text, tasks, scope: self.scope }
    }
}

/// An attempt as it is found. What a JOIN or a loop gathers is found at the attempts that it comes from.
fn indexed(execution: ExecutionId, plan: &Plan, task: &Task) -> IndexedTask {
    let node = plan.node(task.node);
    let id = execution.task(task.ordinal);
    let reference = task.frame.name(&node.reference);
    let mut text = Text::default();
    text.add(&id.to_string()).add(&reference).add(node.task_type()).add(&node.name);
    for said in [&task.worker, &task.reason].into_iter().flatten() {
        text.add(said);
    }
    text.add_json(&task.input).add_json(&task.output);
    IndexedTask {
        id,
        task_type: node.task_type().into(),
        definition_name: node.name.clone(),
        reference: reference.into(),
        status: task.status,
        domain: task.queue.as_ref().and_then(|queue| queue.domain()).map(Into::into),
        scheduled_at: task.scheduled_at,
        started_at: task.started_at,
        updated_at: task.updated_at,
        ended_at: task.ended_at,
        reason: task.reason.clone(),
        text,
    }
}
