//! What workers and operators do in a run.

use segue_core::decide::{Command, Compensate, Merge, Outcome, Refusal, TaskResult};
use segue_core::execution::Task;
use segue_core::id::ExecutionId;
use segue_core::json::Json;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::Run;

impl Run {
    pub(crate) fn claim(&mut self, id: ExecutionId, name: &str) -> Result<Outcome, Refusal> {
        let task = self.task(id, name).ordinal;
        self.apply(id, Command::Claim { task, worker: Some("w1".into()), lease_ms: None })
    }

    /// Sends a result for the newest attempt with this name.
    pub(crate) fn result(
        &mut self,
        id: ExecutionId,
        name: &str,
        status: TaskStatus,
        output: Value,
    ) -> Outcome {
        let task = self.task(id, name).ordinal;
        self.apply(id, Command::Complete(Box::new(TaskResult { task, ..result(status, output) })))
            .expect("a result is never refused")
    }

    pub(crate) fn complete(&mut self, id: ExecutionId, name: &str, output: Value) -> Outcome {
        self.result(id, name, TaskStatus::Completed, output)
    }

    pub(crate) fn fail(&mut self, id: ExecutionId, name: &str, reason: &str) -> Outcome {
        self.fail_as(id, name, TaskStatus::Failed, reason)
    }

    pub(crate) fn fail_as(
        &mut self,
        id: ExecutionId,
        name: &str,
        status: TaskStatus,
        reason: &str,
    ) -> Outcome {
        let task = self.task(id, name).ordinal;
        let result = TaskResult { task, reason: Some(reason.into()), ..result(status, json!({})) };
        self.apply(id, Command::Complete(Box::new(result))).expect("a result is never refused")
    }

    pub(crate) fn pause(&mut self, id: ExecutionId) {
        self.apply(id, Command::Pause).expect("a pause");
    }

    pub(crate) fn resume(&mut self, id: ExecutionId) {
        self.apply(id, Command::Resume).expect("a resume");
    }

    pub(crate) fn retry(&mut self, id: ExecutionId) {
        self.apply(id, Command::Retry).expect("a retry");
    }

    pub(crate) fn restart(&mut self, id: ExecutionId) {
        self.apply(id, Command::Restart(Box::default())).expect("a restart");
    }

    /// Reruns from the newest attempt with this name.
    pub(crate) fn rerun(&mut self, id: ExecutionId, name: &str) {
        let task = self.task(id, name).ordinal;
        self.apply(id, Command::Rerun { task, input: None }).expect("a rerun");
    }

    pub(crate) fn terminate(&mut self, id: ExecutionId, reason: &str) {
        let command = Command::Terminate { reason: reason.into(), compensate: Compensate::No };
        self.apply(id, command).expect("a termination");
    }

    /// The child of the newest attempt with this name.
    pub(crate) fn child(&self, id: ExecutionId, name: &str) -> ExecutionId {
        self.task(id, name).child.expect("a child")
    }

    /// Completes what can be completed and lets an hour pass where nothing can, until all executions are over.
    pub(crate) fn work_off(&mut self) {
        for _ in 0..2_000 {
            self.wake();
            if self.executions.values().all(|live| live.execution.status != ExecutionStatus::Running) {
                return;
            }
            self.step();
        }
        let traces: Vec<String> = self.executions.keys().map(|id| self.trace(*id)).collect();
        panic!("work without end: {traces:#?}");
    }

    /// Completes what can be completed, or lets an hour pass.
    pub(crate) fn step(&mut self) {
        match self.next_work() {
            Some((id, task)) => {
                let result = TaskResult { task, ..result(TaskStatus::Completed, json!({"of": task})) };
                self.apply(id, Command::Complete(Box::new(result))).expect("never refused");
            }
            None => self.pass(3600),
        }
    }

    /// An attempt that a worker or a signal can end.
    pub(crate) fn next_work(&self) -> Option<(ExecutionId, u32)> {
        let live = self.executions.values().map(|live| &live.execution);
        live.filter(|execution| execution.status == ExecutionStatus::Running).find_map(|execution| {
            let can_end = |task: &&Task| {
                let is_signal = task.child.is_none()
                    && task.due_at.is_none()
                    && !execution.plan.node(task.node).kind.holds_others();
                !task.is_terminal() && (is_signal || task.queue.is_some())
            };
            execution.tasks().iter().find(can_end).map(|task| (execution.id, task.ordinal))
        })
    }
}

/// A result that replaces the output.
pub(crate) fn result(status: TaskStatus, output: Value) -> TaskResult {
    TaskResult {
        task: 0,
        status,
        output: Some(Json::of(&output)),
        merge: Merge::Replace,
        reason: None,
        worker: Some("w1".into()),
        callback_after_ms: 0,
    }
}
