//! Control flow: what happens behind a node that ended, and when a scope has nothing open any more.

use super::Compensate;
use super::end::{Conclusion, end_execution};
use super::turn::Turn;
use crate::event::{Frame, Step};
use crate::plan::NodeIndex;
use crate::status::ExecutionStatus;

impl Turn<'_> {
    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Visit { reference, frame } => {
                self.with(&reference, &frame, |turn, node| turn.visit(node, &frame));
            }
            Step::Advance { reference, frame } => {
                self.with(&reference, &frame, |turn, node| turn.advance(node, &frame));
            }
            Step::Branch { reference, frame, next } => {
                self.with(&reference, &frame, |turn, node| super::fork::branch(turn, node, &frame, next));
            }
            Step::Follow { reference, frame, next } => {
                self.with(&reference, &frame, |turn, node| {
                    let step = turn.node(node).stands_for.unwrap_or(node);
                    super::graph::follow(turn, step, &frame, next);
                });
            }
            Step::Repeat { task, ready_at } => self.repeat(task, ready_at),
            Step::Redo { task, input } => super::rewind::redo(self, task, input),
            Step::Reopen { task } => super::retry::reopen(self, task),
            Step::Fail { task, reason } => super::failure::fail(self, task, &reason),
            Step::Settle { frame, reference: None } if frame.is_root() => self.settle_execution(),
            Step::Settle { frame, reference } => {
                if let Some(reference) = reference {
                    self.with(&reference, &frame, |turn, node| super::scope::settle(turn, node, &frame));
                }
            }
        }
    }

    fn with(&mut self, reference: &str, frame: &Frame, then: impl FnOnce(&mut Self, NodeIndex)) {
        if let Some(node) = self.exec.find(reference, frame) {
            then(self, node);
        }
    }

    /// Goes on behind a node that ended.
    fn advance(&mut self, node: NodeIndex, frame: &Frame) {
        self.leave(node, frame, self.plan.successor(node));
    }

    /// Leaves a node that ended: JOINs that waited for it look again, `next` is visited.
    pub(super) fn leave(&mut self, node: NodeIndex, frame: &Frame, next: Option<NodeIndex>) {
        self.settle_later(node, frame);
        let plan = self.plan.clone();
        match next {
            Some(next) => self.visit_next(next, frame),
            None => super::graph::passed(self, node, frame),
        }
        for join in &plan.node(node).joins {
            super::join::look(self, *join, frame);
            if self.is_over() {
                return;
            }
        }
    }

    /// Ends the execution if nothing is open in it.
    fn settle_execution(&mut self) {
        if self.exec.open() > 0 || self.is_over() {
            return;
        }
        let failures: Vec<(u32, String)> = self
            .exec
            .tasks()
            .iter()
            .filter(|task| !task.retried && task.is_terminal() && !task.status.is_successful())
            .filter(|task| !self.exec.is_excused(task))
            .filter(|task| {
                self.exec.latest(task.node, &task.frame).is_some_and(|latest| latest.ordinal == task.ordinal)
            })
            .map(|task| {
                let id = self.exec.id.task(task.ordinal);
                let reason = task.reason.as_deref().unwrap_or_default();
                (
                    task.ordinal,
                    format!("Task {id} failed with status: {} and reason: '{reason}'", task.status),
                )
            })
            .collect();
        let conclusion = if failures.is_empty() {
            Conclusion {
                status: ExecutionStatus::Completed,
                reason: None,
                output: None,
                failed: Vec::new(),
                compensate: Compensate::No,
            }
        } else {
            let reasons: Vec<&str> = failures.iter().map(|(_, reason)| reason.as_str()).collect();
            Conclusion {
                status: ExecutionStatus::Failed,
                reason: Some(reasons.join(". ")),
                output: None,
                failed: failures.iter().map(|(ordinal, _)| *ordinal).collect(),
                compensate: Compensate::Yes,
            }
        };
        end_execution(self, conclusion);
    }
}
