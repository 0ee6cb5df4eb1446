//! What evaluators are asked on behalf of executions. An evaluation is pure, so it begins before the record that asks
//! for it is committed; an answer to what was rolled back meanwhile is dropped.

use segue_core::decide::{Answer, Asked, Command};
use segue_core::id::{ExecutionId, TaskId};
use segue_core::plan::Evaluation;
use segue_core::time::Timestamp;

use super::requests::{Done, Request};
use super::slot::Slot;
use super::{Node, Want};

/// An evaluation under way.
pub(super) struct Running {
    token: u64,
    evaluation: Evaluation,
    /// How often it was asked for.
    asked: u32,
}

/// An evaluation that was asked for so often without an answer is begun once more: it may have got lost.
const PATIENCE: u32 = 6;

impl Node {
    /// Has what a decision asks for evaluated, unless that is under way already.
    pub(super) fn evaluate(&mut self, id: ExecutionId, asked: Vec<Asked>) {
        if asked.is_empty() {
            return;
        }
        let Some(Slot::Live(live)) = self.slots.get(&id) else { return };
        let share = live.exec.started.name.clone();
        for Asked { task, round, evaluation } in asked {
            let running = self.evaluating.entry(id).or_default();
            let known = running.get_mut(&(task, round)).filter(|running| running.evaluation == evaluation);
            let token = match known {
                Some(running) => {
                    running.asked += 1;
                    if !running.asked.is_multiple_of(PATIENCE) {
                        continue;
                    }
                    running.token
                }
                None => {
                    self.next_evaluation += 1;
                    let token = self.next_evaluation;
                    running
                        .insert((task, round), Running { token, evaluation: evaluation.clone(), asked: 0 });
                    token
                }
            };
            self.wants.push(Want::Evaluate {
                task: id.task(task),
                round,
                token,
                evaluation,
                share: share.clone(),
            });
        }
    }

    /// Asks again for what an execution from the store waits for.
    pub(super) fn evaluate_again(&mut self, id: ExecutionId) {
        let Some(Slot::Live(live)) = self.slots.get(&id) else { return };
        let asked = live
            .exec
            .asked()
            .filter_map(|(task, round)| Some(Asked { task, round, evaluation: live.exec.evaluation(task)? }));
        let asked = asked.collect();
        self.evaluate(id, asked);
    }

    /// An evaluator answered.
    pub fn evaluated(&mut self, task: TaskId, round: u32, token: u64, answer: Answer, now: Timestamp) {
        let id = task.execution();
        let key = (task.ordinal(), round);
        let Some(running) = self.evaluating.get_mut(&id) else { return };
        if running.get(&key).is_none_or(|running| running.token != token) {
            return;
        }
        running.remove(&key);
        if running.is_empty() {
            self.evaluating.remove(&id);
        }
        let command = Command::Evaluated { task: task.ordinal(), round, answer };
        self.submit(Request::new(id, command, Done::Nobody), now);
    }

    /// What was asked for this execution may have been rolled back.
    pub(super) fn forget_evaluations(&mut self, id: ExecutionId) {
        self.evaluating.remove(&id);
    }
}
