//! What is open in each scope: the execution, a loop, a TRY_CATCH, a GRAPH; of a FOR_EACH also per iteration.

use super::Execution;
use crate::event::Frame;
use crate::plan::{Kind, NodeIndex};

impl Execution {
    /// Ordinal of the attempt of the innermost scope around a node that is still open; 0 if there is none. A scope
    /// that is over takes nobody in: what a retry repeats of its old iterations belongs to what is around it.
    pub(super) fn scope_of(&self, node: NodeIndex, frame: &Frame) -> u32 {
        let open = self.plan.scopes_around(node).find_map(|index| {
            let depth = self.plan.node(index).depth;
            self.latest(index, &frame.outer(depth)).filter(|task| !task.is_terminal())
        });
        open.map_or(0, |task| task.ordinal)
    }

    /// Counts an attempt that is open now.
    pub(super) fn entered(&mut self, ordinal: u32) {
        let Some((scope, iteration, is_leaf)) = self.place_of(ordinal) else { return };
        *self.open_in(scope) += 1;
        self.open_leaves += u32::from(is_leaf);
        if scope > 0 {
            self.members.insert((scope, ordinal));
        }
        if let Some(number) = iteration {
            *self.running.entry(scope).or_default().entry(number).or_default() += 1;
        }
    }

    /// Counts an attempt no more that was open.
    pub(super) fn left(&mut self, ordinal: u32) {
        let Some((scope, iteration, is_leaf)) = self.place_of(ordinal) else { return };
        let open = self.open_in(scope);
        *open = open.saturating_sub(1);
        self.open_leaves = self.open_leaves.saturating_sub(u32::from(is_leaf));
        self.members.remove(&(scope, ordinal));
        if let Some(number) = iteration
            && let Some(running) = self.running.get_mut(&scope)
            && let Some(open) = running.get_mut(&number)
        {
            *open = open.saturating_sub(1);
            if *open == 0 {
                running.remove(&number);
            }
        }
    }

    /// The scope of an attempt, the iteration of it if that is a FOR_EACH, and whether something outside the control
    /// flow can end the attempt.
    fn place_of(&self, ordinal: u32) -> Option<(u32, Option<u32>, bool)> {
        let task = self.task(ordinal)?;
        let is_leaf = !self.plan.node(task.node).kind.holds_others();
        let iteration = self.task(task.scope).and_then(|scope| {
            let around = self.plan.node(scope.node);
            let is_each = matches!(around.kind, Kind::ForEach(_));
            task.frame.0.get(around.depth).copied().filter(|_| is_each)
        });
        Some((task.scope, iteration, is_leaf))
    }

    fn open_in(&mut self, scope: u32) -> &mut u32 {
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

    /// In how many iterations of a FOR_EACH something is open.
    pub(crate) fn running_count(&self, scope: u32) -> u32 {
        self.running.get(&scope).map_or(0, |running| u32::try_from(running.len()).unwrap_or(u32::MAX))
    }

    /// The first iteration of a FOR_EACH in which something is open.
    pub(crate) fn first_running(&self, scope: u32) -> Option<u32> {
        self.running.get(&scope)?.keys().next().copied()
    }

    /// Whether something is open in an iteration of a FOR_EACH.
    pub(crate) fn is_running(&self, scope: u32, iteration: u32) -> bool {
        self.running.get(&scope).is_some_and(|running| running.contains_key(&iteration))
    }

    /// Everything that is open in a scope, and in the scopes in it, in the order in which it was scheduled.
    pub(crate) fn open_inside(&self, scope: u32) -> Vec<u32> {
        let mut found = Vec::new();
        let mut to_do = vec![scope];
        while let Some(scope) = to_do.pop() {
            let members = self.members.range((scope, 0)..=(scope, u32::MAX)).map(|(_, member)| *member);
            let from = found.len();
            found.extend(members);
            to_do.extend_from_slice(&found[from..]);
        }
        found.sort_unstable();
        found
    }
}
