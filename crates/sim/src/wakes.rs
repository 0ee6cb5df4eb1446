//! Every RUNNING execution owns a wake-up, at every commit. Told from the fold and the mail, not from the
//! store's tables.

use segue_core::execution::Task;
use segue_core::id::ExecutionId;
use segue_core::plan::Kind;
use segue_core::status::{ExecutionStatus, TaskStatus};

use crate::books::{Books, History};
use crate::{Check, broken};

impl Books {
    /// Holds the executions that a commit touched, and their parents, against the rule.
    pub(crate) fn wake_ups(&self, touched: &[ExecutionId]) -> Check {
        for id in touched {
            let parent = self.histories.get(id).and_then(|history| history.state.started.parent);
            for id in std::iter::once(*id).chain(parent.map(|task| task.execution())) {
                self.wake_up(id)?;
            }
        }
        Ok(())
    }

    fn wake_up(&self, id: ExecutionId) -> Check {
        let Some(history) = self.histories.get(&id) else { return Ok(()) };
        if history.state.status != ExecutionStatus::Running || self.is_woken(id, history) {
            return Ok(());
        }
        let open: Vec<String> = history
            .state
            .tasks()
            .iter()
            .filter(|task| !task.is_terminal())
            .map(|task| format!("{} {}", history.state.plan.node(task.node).reference, task.status))
            .collect();
        broken("every running execution owns a wake-up", format!("{id}: open are {open:?}"))
    }

    fn is_woken(&self, id: ExecutionId, history: &History) -> bool {
        let looked_at = history.records.last().is_some_and(|record| record.wake_at.is_some());
        if !history.state.deferred.is_empty() {
            return looked_at;
        }
        self.mail.pending.values().any(|pending| pending.to == id)
            || history
                .state
                .tasks()
                .iter()
                .any(|task| !task.is_terminal() && self.wakes(history, task, looked_at))
    }

    fn wakes(&self, history: &History, task: &Task, looked_at: bool) -> bool {
        if task.asked_at.is_some() {
            return looked_at;
        }
        if task.queue.is_some() {
            return task.status == TaskStatus::Scheduled || task.lease.is_none() || looked_at;
        }
        let is_child = matches!(history.state.plan.node(task.node).kind, Kind::SubWorkflow(_));
        if is_child && task.status == TaskStatus::Scheduled {
            return looked_at;
        }
        if let Some(child) = task.child {
            let runs = self.histories.get(&child).is_some_and(|child| !child.state.status.is_terminal());
            return runs || self.mail.pending.values().any(|mail| mail.to == child);
        }
        match &history.state.plan.node(task.node).kind {
            Kind::Wait | Kind::Human => task.due_at.is_none() || looked_at,
            _ => false,
        }
    }

    /// Attempts that wait for a signal from outside.
    pub(crate) fn signals(&self) -> Vec<(ExecutionId, u32, String)> {
        let mut found = Vec::new();
        for (id, history) in &self.histories {
            for task in history.state.tasks().iter().filter(|task| !task.is_terminal()) {
                let node = history.state.plan.node(task.node);
                if matches!(node.kind, Kind::Wait | Kind::Human) && task.due_at.is_none() {
                    found.push((*id, task.ordinal, task.frame.name(&node.reference)));
                }
            }
        }
        found
    }
}
