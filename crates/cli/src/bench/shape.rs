//! The definitions that are measured: ten distinct task types in three shapes.

use serde_json::{Value, json};

/// How the tasks of an execution hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Shape {
    /// One after the other.
    Sequence,
    /// One task in a loop.
    Loop,
    /// All at once, with a join behind them.
    Fork,
}

/// Task types in use.
pub(crate) const TYPES: usize = 10;

/// Name of the n-th task type.
pub(crate) fn task_type(n: usize) -> String {
    format!("bench_{}", n % TYPES)
}

impl Shape {
    /// The definition of an execution with so many tasks.
    pub(crate) fn definition(self, tasks: usize) -> Value {
        let task = |n: usize| {
            json!({"name": task_type(n), "taskReferenceName": format!("t{n}"), "type": "SIMPLE",
            "inputParameters": {"order": "${workflow.input.order}", "n": n}})
        };
        let list: Vec<Value> = match self {
            Self::Sequence => (0..tasks).map(task).collect(),
            Self::Loop => vec![json!({"name": "loop", "taskReferenceName": "loop", "type": "DO_WHILE",
                "loopCondition": format!("$.loop['iteration'] < {tasks}"), "loopOver": [task(0)]})],
            Self::Fork => {
                let references: Vec<String> = (0..tasks).map(|n| format!("t{n}")).collect();
                let branches: Vec<Value> = (0..tasks).map(|n| json!([task(n)])).collect();
                vec![
                    json!({"name": "fork", "taskReferenceName": "fork", "type": "FORK_JOIN", "forkTasks": branches}),
                    json!({"name": "join", "taskReferenceName": "join", "type": "JOIN", "joinOn": references}),
                ]
            }
        };
        // Its own output keeps a long execution from copying the outputs of all its tasks at the end.
        json!({"name": "bench", "version": 1, "schemaVersion": 2, "tasks": list, "outputParameters": {"done": true}})
    }
}
