//! Counting what is open: per scope (the execution, or a loop's present iteration) and per JOIN.

use super::{Execution, Task};
use crate::event::Frame;
use crate::plan::{Kind, NodeIndex};

impl Execution {
    /// Whether the flow went on from an attempt: it is over, it was not repeated, and it did not fail the
    /// execution. A tolerated attempt counts even if it was canceled with its execution; a retry repeats it
    /// before any JOIN looks.
    pub(crate) fn is_settled(&self, task: &Task) -> bool {
        let went_on = task.status.is_successful() || self.plan.node(task.node).tolerates_failure();
        task.is_terminal() && !task.retried && went_on
    }

    /// Ordinal of the attempt of the innermost loop around a node that is still open; 0 if there is none. A loop
    /// that is over takes nobody in: what a retry repeats of its old iterations belongs to what is around it.
    pub(super) fn scope_of(&self, node: NodeIndex, frame: &Frame) -> u32 {
        let mut around = self.plan.node(node).enclosing_loop;
        while let Some(index) = around {
            let node = self.plan.node(index);
            match self.latest(index, &frame.outer(node.depth)) {
                Some(task) if !task.is_terminal() => return task.ordinal,
                _ => around = node.enclosing_loop,
            }
        }
        0
    }

    pub(super) fn open_in(&mut self, scope: u32) -> &mut u32 {
        let place = (scope as usize).checked_sub(1);
        match place.and_then(|place| self.tasks.get_mut(place)) {
            Some(task) => &mut task.waiting,
            None => &mut self.open,
        }
    }

    /// How many attempts are open in a scope.
    pub(crate) fn open_count(&self, scope: u32) -> u32 {
        self.task(scope).map_or(self.open, |task| task.waiting)
    }

    /// Adds to what the JOINs behind a node wait for.
    pub(super) fn adjust_joins(&mut self, node: NodeIndex, frame: &Frame, adjust: impl Fn(u32) -> u32) {
        let plan = self.plan.clone();
        for join in &plan.node(node).joins {
            if let Some(ordinal) = self.latest.get(&(*join, frame.clone())).copied()
                && let Some(task) = self.tasks.get_mut(ordinal as usize - 1)
                && !task.is_terminal()
            {
                task.waiting = adjust(task.waiting);
            }
        }
    }

    /// How many of its references a JOIN waits for, counted afresh.
    pub(super) fn count_waiting(&self, node: NodeIndex, frame: &Frame) -> u32 {
        if !matches!(self.plan.node(node).kind, Kind::Join { .. }) {
            return 0;
        }
        let unsettled = self
            .joined(node, frame)
            .iter()
            .filter(|on| !self.latest(**on, frame).is_some_and(|task| self.is_settled(task)));
        u32::try_from(unsettled.count()).unwrap_or(u32::MAX)
    }

    /// The references that a JOIN still waits for, with their frame.
    pub(crate) fn awaited_by(&self, join: &Task) -> Vec<String> {
        let pending = self
            .joined(join.node, &join.frame)
            .iter()
            .filter(|on| !self.latest(**on, &join.frame).is_some_and(|task| self.is_settled(task)));
        pending.map(|on| join.frame.name(&self.plan.node(*on).reference)).collect()
    }

    /// Enters a new attempt where it is looked for: under its node, under the DYNAMIC node that it stands for, and as
    /// the newest of its reference.
    pub(super) fn index_task(&mut self, ordinal: u32) {
        let Some(task) = self.tasks.get(ordinal as usize - 1).cloned() else { return };
        let node = self.plan.node(task.node);
        let primary = self.plan.find(&node.reference);
        for index in [Some(task.node), node.stands_for, primary].into_iter().flatten() {
            let newest = &mut self.newest[index.0 as usize];
            *newest = ordinal.max(*newest);
        }
        if let Some(index) = node.stands_for {
            self.latest.insert((index, task.frame.clone()), ordinal);
        }
        self.latest.insert((task.node, task.frame.clone()), ordinal);
        if matches!(node.kind, Kind::PullMessages) && !task.is_terminal() {
            self.pulling.insert(ordinal);
        }
        self.feed(&task);
        self.keep_items(ordinal);
    }

    /// Recounts everything, from the attempts alone.
    pub(super) fn recount(&mut self) {
        self.latest.clear();
        self.asked.clear();
        self.pulling.clear();
        self.timers.clear();
        self.newest = vec![0; self.plan.len()];
        self.open = 0;
        self.open_leaves = 0;
        for place in 0..self.tasks.len() {
            let task = &mut self.tasks[place];
            task.armed = None;
            task.waiting = 0;
            if task.hidden {
                continue;
            }
            let ordinal = task.ordinal;
            self.index_task(ordinal);
        }
        for place in 0..self.tasks.len() {
            let task = &self.tasks[place];
            let (node, frame, ordinal, open, scope) =
                (task.node, task.frame.clone(), task.ordinal, !task.is_terminal(), task.scope);
            if !open {
                continue;
            }
            *self.open_in(scope) += 1;
            self.open_leaves += u32::from(!self.plan.node(node).kind.holds_others());
            if self.tasks[place].asked_at.is_some() {
                self.asked.insert(ordinal);
            }
            if matches!(self.plan.node(node).kind, Kind::Join { .. }) {
                self.tasks[place].waiting = self.count_waiting(node, &frame);
            }
            self.rearm(ordinal);
        }
    }
}
