//! Reaching a node: an attempt is scheduled, and what the engine does itself is done at once.

use serde_json::{Map, Value};

use super::end::{Conclusion, Ending, end_execution, end_task};
use super::turn::Turn;
use super::{
    Compensate, compute, do_while, dynamic, event, for_each, fork, graph, inbox, join, set_variable,
    start_workflow, sub_workflow, switch, terminate, try_catch, wait, worker,
};
use crate::event::{Event, Frame, TaskScheduled};
use crate::execution::{Rationed, Scope};
use crate::expression::{SecretAt, Template};
use crate::json::Json;
use crate::plan::{Kind, NodeIndex};
use crate::status::{ExecutionStatus, TaskStatus};
use crate::time::Timestamp;

/// Levels of JSON in a task's input.
const INPUT_LEVELS_MAX: usize = 100;

impl Turn<'_> {
    /// Reaches a node. A node that was reached in this frame before is not reached again: a retry may go on behind
    /// a task whose successors have run.
    pub(super) fn visit(&mut self, node: NodeIndex, frame: &Frame) {
        match self.exec.latest(node, frame).map(|task| task.status) {
            None => self.perform(node, frame, None),
            // It was skipped before the flow came to it.
            Some(TaskStatus::Skipped) => self.advance_next(node, frame),
            Some(_) => {}
        }
    }

    /// Attempts again what an attempt was an attempt at, not before `ready_at`.
    pub(super) fn repeat(&mut self, ordinal: u32, ready_at: Timestamp) {
        let Some(task) = self.exec.task(ordinal).filter(|task| task.is_terminal()) else { return };
        let (node, frame) = (task.node, task.frame.clone());
        if self.exec.latest(node, &frame).is_some_and(|latest| latest.ordinal == ordinal) {
            self.perform(node, &frame, Some(ready_at));
        }
    }

    pub(super) fn perform(&mut self, node: NodeIndex, frame: &Frame, ready_at: Option<Timestamp>) {
        if self.exec.tasks().len() >= self.ctx.limits.tasks_max {
            let reason =
                format!("the execution has reached its limit of {} tasks", self.ctx.limits.tasks_max);
            self.fail_execution(reason);
            return;
        }
        self.flaw = None;
        let plan = self.plan.clone();
        match &plan.node(node).kind {
            Kind::Worker => worker::visit(self, node, frame, ready_at),
            Kind::Unknown => self.unknown(node),
            Kind::Fork { .. } => fork::visit(self, node, frame),
            Kind::DynamicFork { .. } => dynamic::visit_fork(self, node, frame),
            Kind::Dynamic => dynamic::visit_task(self, node, frame),
            Kind::Join { .. } | Kind::ExclusiveJoin { .. } => join::visit(self, node, frame),
            Kind::Switch(switch) => switch::visit(self, node, frame, switch),
            Kind::DoWhile(each) => do_while::visit(self, node, frame, each),
            Kind::ForEach(_) => for_each::visit(self, node, frame),
            Kind::TryCatch(tried) => try_catch::visit(self, node, frame, tried),
            Kind::Graph(_) => graph::visit(self, node, frame),
            Kind::Compute(dialect) => compute::visit(self, node, frame, *dialect),
            Kind::StartWorkflow => start_workflow::visit(self, node, frame),
            Kind::Event { sink } => event::visit(self, node, frame, sink),
            Kind::Builtin(queue) => worker::visit_builtin(self, node, frame, queue, ready_at),
            Kind::SubWorkflow(child) => sub_workflow::visit(self, node, frame, child, ready_at),
            Kind::Wait => wait::visit(self, node, frame, ready_at),
            Kind::PullMessages => inbox::visit(self, node, frame),
            Kind::Human | Kind::Yield => {
                self.schedule(node, frame, |_| {});
            }
            Kind::SetVariable => set_variable::visit(self, node, frame),
            Kind::Terminate => terminate::visit(self, node, frame),
            Kind::Noop => {
                let ordinal = self.schedule(node, frame, |_| {});
                if self.flaw.is_none() {
                    end_task(self, ordinal, Ending::completed());
                }
            }
        }
        let Some(flaw) = self.flaw.take() else { return };
        let attempt = self.exec.latest(node, frame).filter(|task| !task.is_terminal());
        if let Some(ordinal) = attempt.map(|task| task.ordinal) {
            self.fail_task(ordinal, TaskStatus::FailedWithTerminalError, &flaw);
        }
    }

    /// Schedules an attempt at a node with its input; `fit` completes the event. It is the next attempt if the node
    /// has some in this frame.
    pub(super) fn schedule(
        &mut self,
        node: NodeIndex,
        frame: &Frame,
        fit: impl FnOnce(&mut TaskScheduled),
    ) -> u32 {
        let input = self.input_of(node, frame, self.next_ordinal());
        self.schedule_with(node, frame, input, fit)
    }

    /// Schedules an attempt with an input of its own.
    pub(super) fn schedule_with(
        &mut self,
        node: NodeIndex,
        frame: &Frame,
        input: Json,
        fit: impl FnOnce(&mut TaskScheduled),
    ) -> u32 {
        let ordinal = self.next_ordinal();
        let earlier = self.exec.latest(node, frame);
        let mut scheduled = TaskScheduled {
            task: ordinal,
            reference: self.node(node).reference.clone(),
            frame: frame.clone(),
            attempt: earlier.map_or(0, |task| task.attempt + 1),
            retry_of: earlier.map(|task| task.ordinal),
            input,
            queue: None,
            priority: self.exec.started.priority,
            ready_at: None,
            due_at: None,
            child: None,
            secrets: Vec::new(),
        };
        scheduled.secrets = self.secrets_of(node, frame, &scheduled);
        self.place = None;
        fit(&mut scheduled);
        self.emit(Event::TaskScheduled(Box::new(scheduled)));
        ordinal
    }

    /// The secrets that the definition's own words refer to in the input of a new attempt.
    fn secrets_of(&self, node: NodeIndex, frame: &Frame, scheduled: &TaskScheduled) -> Vec<SecretAt> {
        let holder = self.node(node);
        if !holder.may_hold_secrets || matches!(self.place, Some((_, Some(_)))) {
            return Vec::new();
        }
        let task = Some(self.exec.id.task(scheduled.task));
        let scope = Scope { execution: self.exec, frame, within: holder.enclosing_loop, task };
        let mut secrets = holder.input.secrets(&scope);
        let input = scheduled.input.value();
        secrets.retain(|secret| secret.is_in(&input));
        secrets
    }

    /// The resolved input of a new attempt. One that cannot be resolved, or that nests too deep to be read again, is left
    /// out, and the attempt fails.
    pub(super) fn input_of(&mut self, node: NodeIndex, frame: &Frame, ordinal: u32) -> Json {
        if let Some((_, Some(given))) = &self.place {
            return given.clone();
        }
        let plan = self.plan.clone();
        let mut input = match self.render(&plan.node(node).input, node, frame, ordinal, "inputParameters") {
            Value::Object(input) => input,
            _ => Map::new(),
        };
        if self.flaw.is_some() {
            return Json::empty_object();
        }
        if let Some(own) = self.exec.fed_input(node, frame) {
            input.extend(own.clone());
        }
        for (key, default) in &plan.node(node).input_defaults {
            if input.get(key).is_none_or(Value::is_null) {
                input.insert(key.clone(), default.clone());
            }
        }
        if input.is_empty() {
            return Json::empty_object();
        }
        let input = Json::of(&Value::Object(input));
        if let Some(excess) = self.excess_of_task(ordinal, &input) {
            self.flaw = Some(excess);
            return Json::empty_object();
        }
        if input.nests_deeper_than(INPUT_LEVELS_MAX) {
            self.flaw = Some(format!("the input nests deeper than {INPUT_LEVELS_MAX} levels of JSON"));
            return Json::empty_object();
        }
        input
    }

    /// The value of a field for the attempt with this ordinal. What it lacks is the attempt's flaw.
    pub(super) fn render(
        &mut self,
        template: &Template,
        node: NodeIndex,
        frame: &Frame,
        ordinal: u32,
        field: &str,
    ) -> Value {
        let within = self.node(node).enclosing_loop;
        let task = Some(self.exec.id.task(ordinal));
        let bytes_max = self.ration();
        let scope = Rationed::new(Scope { execution: self.exec, frame, within, task }, bytes_max);
        let rendered = template.render(&scope);
        let flaw = match rendered {
            _ if scope.is_used_up() => format!("the expressions of {field} read more than {bytes_max} bytes"),
            Ok(value) => return value,
            Err(missing) => missing.in_field(field).to_string(),
        };
        self.flaw.get_or_insert(flaw);
        Value::Null
    }

    /// Ends an attempt that the engine did itself and that failed.
    pub(super) fn fail_task(&mut self, ordinal: u32, status: TaskStatus, reason: &str) {
        end_task(self, ordinal, Ending::new(status, Some(reason)));
    }

    /// Fails the execution without an attempt to blame.
    pub(super) fn fail_execution(&mut self, reason: String) {
        end_execution(
            self,
            Conclusion {
                status: ExecutionStatus::Failed,
                reason: Some(reason),
                output: None,
                failed: Vec::new(),
                compensate: Compensate::Yes,
            },
        );
    }

    fn unknown(&mut self, node: NodeIndex) {
        let name = &self.node(node).name;
        let reason =
            format!("Invalid task specified. Cannot find task by name {name} in the task definitions");
        self.fail_execution(reason);
    }
}
