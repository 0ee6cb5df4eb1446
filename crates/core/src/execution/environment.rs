//! What expressions see of an execution (Conductor §`${}`: `workflow.*` and `<ref>.*`).

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Execution, Task};
use crate::event::Frame;
use crate::expression::{Environment, Segment, select, select_ref};
use crate::id::TaskId;
use crate::plan::{Kind, NodeIndex};

/// What there is below `workflow`.
const WORKFLOW_FIELDS: [&str; 12] = [
    "input",
    "output",
    "status",
    "workflowId",
    "parentWorkflowId",
    "parentWorkflowTaskId",
    "workflowType",
    "version",
    "correlationId",
    "reasonForIncompletion",
    "schemaVersion",
    "variables",
];

/// What there is below a task's reference.
const TASK_FIELDS: [&str; 18] = [
    "input",
    "output",
    "taskType",
    "status",
    "referenceTaskName",
    "retryCount",
    "correlationId",
    "pollCount",
    "taskDefName",
    "scheduledTime",
    "startTime",
    "endTime",
    "workflowInstanceId",
    "taskId",
    "reasonForIncompletion",
    "callbackAfterSeconds",
    "workerId",
    "iteration",
];

/// An execution as seen from one frame.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The execution.
    pub execution: &'a Execution,
    /// Tasks of the same iteration are found before those of others.
    pub frame: &'a Frame,
    /// The innermost loop that the frame is an iteration of.
    pub within: Option<NodeIndex>,
    /// The attempt that is being made.
    pub task: Option<TaskId>,
}

impl Execution {
    /// The attempt that a reference means in a frame: the latest of the innermost iteration that both share,
    /// else the newest of all.
    pub fn visible(&self, reference: &str, frame: &Frame) -> Option<&Task> {
        let node = self.find(reference, frame)?;
        let depth = self.plan.node(node).depth;
        let here = (depth <= frame.0.len()).then(|| self.latest(node, &frame.outer(depth))).flatten();
        here.or_else(|| self.newest_at(node))
    }

    /// The attempt that a reference means where it may be of an earlier iteration: the latest in the loops that both
    /// lie in, but none of an iteration that comes after this one.
    fn latest_until(&self, node: NodeIndex, frame: &Frame, within: Option<NodeIndex>) -> Option<&Task> {
        let loops_around = |at: Option<NodeIndex>| {
            std::iter::successors(at, |around| self.plan.node(*around).enclosing_loop)
        };
        let around: Vec<NodeIndex> = loops_around(self.plan.node(node).enclosing_loop).collect();
        let shared: Vec<NodeIndex> = loops_around(within).filter(|at| around.contains(at)).collect();
        let here = frame.outer(shared.len());
        if shared.len() == around.len()
            && let Some(task) = self.latest(node, &here)
        {
            return Some(task);
        }
        let mut earlier = self.attempts_at(node).filter(|task| task.frame.outer(shared.len()) <= here);
        let newest = earlier.next()?;
        if !shared.iter().any(|at| self.plan.node(*at).kind.is_concurrent()) {
            return Some(newest);
        }
        // The iterations do not follow one another: the newest attempt need not be of the last of them.
        Some(earlier.fold(newest, |last, task| match task.frame > last.frame {
            true => task,
            false => last,
        }))
    }

    fn workflow_field(&self, field: &str, rest: &[Segment]) -> Option<Value> {
        let text = |text: &str| Some(Value::from(text));
        let whole = match field {
            "input" => return select(&self.started.input.value(), rest),
            "output" => return select(&self.output.value(), rest),
            "variables" => {
                let Some((Segment::Key(key), rest)) = rest.split_first() else {
                    return rest.is_empty().then(|| Value::Object(self.variables.clone()));
                };
                return self.variables.get(key).and_then(|value| select_ref(value, rest)).cloned();
            }
            "status" => text(self.status.as_str()),
            "workflowId" => Some(self.id.to_string().into()),
            "parentWorkflowId" => self.started.parent.map(|parent| parent.execution().to_string().into()),
            "parentWorkflowTaskId" => self.started.parent.map(|parent| parent.to_string().into()),
            "workflowType" => text(&self.started.name),
            "version" => Some(self.started.version.into()),
            "correlationId" => self.started.correlation_id.as_deref().map(Value::from),
            "reasonForIncompletion" => self.reason.as_deref().map(Value::from),
            "schemaVersion" => Some(2.into()),
            _ => None,
        };
        whole.filter(|_| rest.is_empty())
    }

    fn task_field(&self, task: &Task, from: Option<u32>, field: &str, rest: &[Segment]) -> Option<Value> {
        let node = self.plan.node(task.node);
        let text = |text: &str| Some(Value::from(text));
        let whole = match field {
            "input" => return select(&task.input.value(), rest),
            "output" => return self.select_output(task, from, rest),
            "taskType" => text(node.task_type()),
            "status" if self.plan.definition.expression_style.is_conductor() => text(task.status.as_str()),
            "status" => text(task.status.in_plain_words()),
            "referenceTaskName" => Some(task.frame.name(&node.reference).into()),
            "retryCount" => Some(task.attempt.into()),
            "correlationId" => self.started.correlation_id.as_deref().map(Value::from),
            "pollCount" => Some(task.poll_count.into()),
            "taskDefName" => text(&node.name),
            "scheduledTime" => Some(task.scheduled_at.0.into()),
            "startTime" => Some(task.started_at.map_or(0, |at| at.0).into()),
            "endTime" => Some(task.ended_at.map_or(0, |at| at.0).into()),
            "workflowInstanceId" => Some(self.id.to_string().into()),
            "taskId" => Some(self.id.task(task.ordinal).to_string().into()),
            "reasonForIncompletion" => task.reason.as_deref().map(Value::from),
            "callbackAfterSeconds" => Some(task.callback_after_seconds(&self.plan).into()),
            "workerId" => task.worker.as_deref().map(Value::from),
            "iteration" => Some(task.frame.innermost().into()),
            _ => None,
        };
        whole.filter(|_| rest.is_empty())
    }
}

impl Scope<'_> {
    /// The attempt that a reference means here: that of the iteration that both lie in, else the newest of all.
    /// Two loops may count the same numbers, so an iteration is shared only if the loop is.
    fn task_named(&self, reference: &str) -> Option<&Task> {
        let plan = &self.execution.plan;
        let index = self.execution.find(reference, self.frame)?;
        if !plan.definition.expression_style.is_conductor() {
            return self.execution.latest_until(index, self.frame, self.within);
        }
        let node = plan.node(index);
        let mut around = self.within;
        while around != node.enclosing_loop && around.is_some() {
            around = around.and_then(|index| plan.node(index).enclosing_loop);
        }
        match around == node.enclosing_loop {
            true => self.execution.visible(reference, self.frame),
            false => self.execution.newest(reference),
        }
    }
}

impl Scope<'_> {
    /// The iteration of a FOR_EACH that this is inside of: several may run, and each sees its own item.
    fn iteration_of(&self, task: &Task) -> Option<u32> {
        let plan = &self.execution.plan;
        let node = plan.node(task.node);
        matches!(node.kind, Kind::ForEach(_)).then_some(())?;
        let loops = std::iter::successors(self.within, |at| plan.node(*at).enclosing_loop);
        let is_inside = loops.into_iter().any(|around| around == task.node);
        let number = self.frame.0.get(node.depth).copied();
        number.filter(|_| is_inside && self.frame.outer(node.depth) == task.frame)
    }

    fn workflow(&self) -> Value {
        whole(&WORKFLOW_FIELDS, |field| self.execution.workflow_field(field, &[]))
    }

    fn task(&self, task: &Task) -> Value {
        let from = self.iteration_of(task);
        whole(&TASK_FIELDS, |field| self.execution.task_field(task, from, field, &[]))
    }
}

/// All fields of something; those without a value are `null`.
fn whole(fields: &[&str], value: impl Fn(&str) -> Option<Value>) -> Value {
    let entries = fields.iter().map(|field| ((*field).to_owned(), value(field).unwrap_or(Value::Null)));
    Value::Object(entries.collect())
}

impl Environment for Scope<'_> {
    fn resolve(&self, path: &[Segment]) -> Option<Value> {
        let (Segment::Key(root), rest) = path.split_first()? else { return None };
        let field = match rest.split_first() {
            None => None,
            Some((Segment::Key(field), rest)) => Some((field, rest)),
            Some((Segment::Index(_), _)) => return None,
        };
        if root == "workflow" {
            return match field {
                Some((field, rest)) => self.execution.workflow_field(field, rest),
                None => Some(self.workflow()),
            };
        }
        let task = self.task_named(root)?;
        match field {
            Some((field, rest)) => self.execution.task_field(task, self.iteration_of(task), field, rest),
            None => Some(self.task(task)),
        }
    }

    fn document(&self) -> Value {
        let mut document = Map::new();
        document.insert("workflow".to_owned(), self.workflow());
        let mut seen = HashSet::new();
        for task in self.execution.tasks().iter().filter(|task| seen.insert(task.node)) {
            let reference = &self.execution.plan.node(task.node).reference;
            let found = self.task_named(reference).map_or(Value::Null, |task| self.task(task));
            document.insert(reference.to_string(), found);
        }
        Value::Object(document)
    }

    fn task_id(&self) -> Option<String> {
        self.task.map(|task| task.to_string())
    }
}
