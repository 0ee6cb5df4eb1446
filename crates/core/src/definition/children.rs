//! The tree of a definition: which lists of tasks a node holds, and under which JSON path.

use super::WorkflowTask;

impl WorkflowTask {
    /// The nested task lists with their JSON path below this node (`decisionCases['a']`, `forkTasks[1]`,
    /// `loopOver`), in written order; empty lists are left out. An inline sub-workflow is a scope of its own
    /// and is not among them.
    pub fn children(&self) -> impl Iterator<Item = (String, &[WorkflowTask])> {
        let cases = self
            .decision_cases
            .iter()
            .map(|(case, tasks)| (format!("decisionCases[{}]", quoted(case)), tasks));
        let forks = self
            .fork_tasks
            .iter()
            .enumerate()
            .map(|(i, tasks)| (format!("forkTasks[{i}]"), tasks.as_slice()));
        let lists = [
            ("defaultCase", &self.default_case),
            ("loopOver", &self.loop_over),
            ("graphTasks", &self.graph_tasks),
            ("tryTasks", &self.try_tasks),
            ("catchTasks", &self.catch_tasks),
            ("finallyTasks", &self.finally_tasks),
        ];
        let lists = lists.into_iter().map(|(name, tasks)| (name.to_owned(), tasks.as_slice()));
        cases.chain(lists).chain(forks).filter(|(_, tasks)| !tasks.is_empty())
    }

    /// The same lists, to change them in place; empty ones included.
    pub fn children_mut(&mut self) -> impl Iterator<Item = &mut Vec<WorkflowTask>> {
        let lists = [
            &mut self.default_case,
            &mut self.loop_over,
            &mut self.graph_tasks,
            &mut self.try_tasks,
            &mut self.catch_tasks,
            &mut self.finally_tasks,
        ];
        self.decision_cases.values_mut().chain(lists).chain(&mut self.fork_tasks)
    }
}

/// A key as it stands in a JSON path.
fn quoted(key: &str) -> String {
    format!("'{}'", key.replace('\\', "\\\\").replace('\'', "\\'"))
}
