//! Finding attempts by their place, and counting what JOINs wait for.

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
        let Some(task) = self.tasks.get(ordinal as usize - 1) else { return };
        let node = self.plan.node(task.node);
        let primary = self.plan.find(&node.reference);
        for index in [Some(task.node), node.stands_for, primary].into_iter().flatten() {
            let attempts = &mut self.attempts[index.0 as usize];
            match attempts.last() {
                Some(last) if *last >= ordinal => {
                    if let Err(place) = attempts.binary_search(&ordinal) {
                        attempts.insert(place, ordinal);
                    }
                }
                _ => attempts.push(ordinal),
            }
        }
        if let Some(index) = node.stands_for {
            self.latest.insert((index, task.frame.clone()), ordinal);
        }
        self.latest.insert((task.node, task.frame.clone()), ordinal);
        match &node.kind {
            Kind::PullMessages if !task.is_terminal() => drop(self.pulling.insert(ordinal)),
            Kind::DynamicFork { .. } => self.feed(ordinal),
            Kind::DoWhile(_) | Kind::ForEach(_) => self.keep_items(ordinal),
            _ => {}
        }
    }

    /// Forgets where an attempt was found that is hidden now.
    pub(super) fn unindex_task(&mut self, ordinal: u32) {
        let Some(task) = self.tasks.get(ordinal as usize - 1) else { return };
        let node = self.plan.node(task.node);
        let primary = self.plan.find(&node.reference);
        let (at, frame) = (task.node, task.frame.clone());
        for index in [Some(at), node.stands_for, primary].into_iter().flatten() {
            let attempts = &mut self.attempts[index.0 as usize];
            while attempts.last().is_some_and(|last| self.tasks[*last as usize - 1].hidden) {
                attempts.pop();
            }
            let key = (index, frame.clone());
            if self.latest.get(&key) == Some(&ordinal) {
                self.latest.remove(&key);
            }
        }
    }

    /// The newest attempt at a node, whatever its frame.
    pub(super) fn newest_at(&self, node: NodeIndex) -> Option<&Task> {
        self.attempts[node.0 as usize].last().and_then(|ordinal| self.task(*ordinal))
    }

    /// The attempts at a node that count, the newest first.
    pub(super) fn attempts_at(&self, node: NodeIndex) -> impl Iterator<Item = &Task> {
        let attempts = self.attempts[node.0 as usize].iter().rev();
        attempts.filter_map(|ordinal| self.task(*ordinal)).filter(|task| !task.hidden)
    }

    /// Recounts everything, from the attempts alone.
    pub(super) fn recount(&mut self) {
        self.latest.clear();
        self.asked.clear();
        self.pulling.clear();
        self.timers.clear();
        self.attempts = vec![Vec::new(); self.plan.len()];
        self.members.clear();
        self.running.clear();
        self.steps.clear();
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
            let (node, frame, ordinal, open) =
                (task.node, task.frame.clone(), task.ordinal, !task.is_terminal());
            if !task.hidden {
                self.note_step(node, &frame);
            }
            if !open {
                continue;
            }
            self.entered(ordinal);
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
