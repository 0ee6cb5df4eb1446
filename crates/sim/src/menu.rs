//! What clients start: definitions drawn from the seed. All of them end if workers work and signals come.

use rand::Rng;
use rand::rngs::SmallRng;
use serde_json::{Value, json};

use crate::setup::pick;

/// Task types and definitions, the latter in an order in which each starts only earlier ones.
pub(crate) struct Menu {
    pub(crate) tasks: Vec<Value>,
    pub(crate) workflows: Vec<Value>,
    /// Event handlers: what a definition publishes starts the first, which nothing that publishes starts.
    pub(crate) handlers: Vec<Value>,
}

impl Menu {
    pub(crate) fn draw(rng: &mut SmallRng) -> Self {
        let types = rng.random_range(2..=5);
        let tasks = (0..types).map(|number| task_type(rng, number)).collect();
        let count = rng.random_range(2..=6);
        let mut workflows = Vec::new();
        for number in 0..count {
            let mut author = Author { rng, types, number, references: 0, left: 14, in_loop: 0 };
            let mut sequence = author.sequence(3);
            if sequence.is_empty() {
                sequence.push(author.worker());
            }
            let mut workflow = json!({"name": format!("w{number}"), "version": 1, "tasks": sequence});
            if rng.random_bool(0.2) {
                workflow["timeoutSeconds"] = rng.random_range(20..=150).into();
                workflow["timeoutPolicy"] = (*pick(rng, &["TIME_OUT_WF", "ALERT_ONLY"])).into();
            }
            if number > 0 && rng.random_bool(0.3) {
                workflow["failureWorkflow"] = "w0".into();
            }
            workflows.push(workflow);
        }
        let handlers = (1..count).map(handler).collect();
        Self { tasks, workflows, handlers }
    }
}

/// Listens to a definition. Half of them do two things at once; a `pick` of 0 is skipped.
fn handler(number: usize) -> Value {
    let start = json!({"name": "w0", "version": 1, "input": {"pick": "${pick}"}});
    let action = json!({"action": "start_workflow", "start_workflow": start});
    json!({
        "name": format!("h{number}"), "event": format!("conductor:w{number}:k"), "active": true,
        "condition": "pick", "evaluatorType": "value-param", "actions": vec![action; 1 + number % 2],
    })
}

fn task_type(rng: &mut SmallRng, number: usize) -> Value {
    let response = rng.random_range(1..=20);
    let mut def = json!({
        "name": format!("t{number}"),
        "retryCount": rng.random_range(0..=3),
        "retryDelaySeconds": *pick(rng, &[0, 0, 1, 5, 90]),
        "retryLogic": *pick(rng, &["FIXED", "LINEAR_BACKOFF", "EXPONENTIAL_BACKOFF"]),
        "maxRetryDelaySeconds": 120,
        "backoffJitterMs": *pick(rng, &[0, 0, 700]),
        "responseTimeoutSeconds": response,
        "timeoutPolicy": *pick(rng, &["RETRY", "TIME_OUT_WF", "ALERT_ONLY"]),
    });
    if rng.random_bool(0.4) {
        def["timeoutSeconds"] = rng.random_range(response..=40).into();
    }
    if rng.random_bool(0.15) {
        def["pollTimeoutSeconds"] = rng.random_range(5..=60).into();
    }
    if rng.random_bool(0.15) {
        def["totalTimeoutSeconds"] = rng.random_range(30..=200).into();
    }
    if rng.random_bool(0.25) {
        def["concurrentExecLimit"] = rng.random_range(1..=2).into();
    }
    if rng.random_bool(0.15) {
        def["rateLimitPerFrequency"] = rng.random_range(1..=4).into();
        def["rateLimitFrequencyInSeconds"] = rng.random_range(1..=3).into();
    }
    def
}

struct Author<'a> {
    rng: &'a mut SmallRng,
    types: usize,
    number: usize,
    references: usize,
    left: usize,
    in_loop: usize,
}

impl Author<'_> {
    fn sequence(&mut self, depth: usize) -> Vec<Value> {
        let length = self.rng.random_range(1..=3);
        let mut tasks = Vec::new();
        for _ in 0..length {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            self.push_node(depth, &mut tasks);
        }
        tasks
    }

    fn reference(&mut self, prefix: &str) -> String {
        self.references += 1;
        format!("{prefix}{}", self.references)
    }

    fn push_node(&mut self, depth: usize, tasks: &mut Vec<Value>) {
        let kinds = if depth == 0 { 11 } else { 27 };
        match self.rng.random_range(0..kinds) {
            0..=6 => tasks.push(self.worker()),
            10 => tasks.push(self.computation()),
            11 | 12 => self.dynamic_fork(tasks),
            7 => tasks.push(self.wait()),
            8 => tasks.push(self.set_variable()),
            9 if self.references % 2 == 1 && self.number > 0 => tasks.push(self.event()),
            9 => tasks.push(json!({"name": "n", "taskReferenceName": self.reference("n"), "type": "NOOP"})),
            13..=15 => self.fork(depth - 1, tasks),
            16 | 17 => tasks.push(self.do_while(depth - 1)),
            18 | 19 => tasks.push(self.switch(depth - 1)),
            22 => tasks.push(self.for_each(depth - 1)),
            23 | 24 => tasks.push(self.try_catch(depth - 1)),
            25 | 26 => tasks.push(self.graph(depth - 1)),
            _ if self.number == 0 => tasks.push(self.worker()),
            _ => tasks.push(self.sub_workflow()),
        }
    }

    fn worker(&mut self) -> Value {
        let mut task = json!({
            "name": format!("t{}", self.rng.random_range(0..self.types)),
            "taskReferenceName": self.reference("s"),
            "type": "SIMPLE",
            "inputParameters": {"pick": "${workflow.input.pick}", "variable": "${workflow.variables.v}"},
        });
        if self.references > 1 && self.rng.random_bool(0.3) {
            let earlier = self.rng.random_range(1..self.references);
            task["inputParameters"]["earlier"] = format!("${{s{earlier}.output.token}}").into();
        }
        if self.rng.random_bool(0.12) {
            task["optional"] = true.into();
        } else if self.rng.random_bool(0.1) {
            task["permissive"] = true.into();
        }
        if self.rng.random_bool(0.08) {
            task["startDelay"] = self.rng.random_range(1..=4).into();
        }
        task
    }

    /// A value that an evaluator has to compute.
    fn computation(&mut self) -> Value {
        let mut task = json!({
            "name": "compute", "taskReferenceName": self.reference("c"), "type": "INLINE",
            "inputParameters": {"expression": "anything()", "pick": "${workflow.input.pick}"},
        });
        if self.rng.random_bool(0.2) {
            task["optional"] = true.into();
        }
        task
    }

    /// Branches whose number the input decides.
    fn dynamic_fork(&mut self, tasks: &mut Vec<Value>) {
        let (fork, join) = (self.reference("d"), self.reference("j"));
        let branches: Vec<u32> = (0..self.rng.random_range(0..4)).collect();
        let mut task = json!({
            "name": "fan", "taskReferenceName": fork, "type": "FORK_JOIN_DYNAMIC",
            "inputParameters": {"forkTaskName": format!("t{}", self.rng.random_range(0..self.types)), "forkTaskInputs": branches},
        });
        if self.rng.random_bool(0.2) {
            task["optional"] = true.into();
        }
        tasks.push(task);
        tasks.push(json!({"name": "join", "taskReferenceName": join, "type": "JOIN", "joinOn": []}));
    }

    fn wait(&mut self) -> Value {
        let mut task = json!({"name": "wait", "taskReferenceName": self.reference("p"), "type": "WAIT"});
        match self.rng.random_range(0..6) {
            0 => {}
            1 => task["type"] = "HUMAN".into(),
            _ => {
                let seconds = *pick(self.rng, &[0, 1, 1, 3, 10, 75, 130]);
                task["inputParameters"] = json!({"duration": format!("{seconds} seconds")});
            }
        }
        task
    }

    fn set_variable(&mut self) -> Value {
        let value = self.rng.random_range(0..100);
        json!({
            "name": "v", "taskReferenceName": self.reference("v"), "type": "SET_VARIABLE", "inputParameters": {"v": value},
        })
    }

    fn event(&mut self) -> Value {
        json!({
            "name": "event", "taskReferenceName": self.reference("k"), "type": "EVENT", "sink": "conductor:k",
            "inputParameters": {"pick": "${workflow.input.pick}"},
        })
    }

    fn fork(&mut self, depth: usize, tasks: &mut Vec<Value>) {
        let count = self.rng.random_range(1..=3);
        let branches: Vec<Vec<Value>> = (0..count).map(|_| self.sequence(depth)).collect();
        let branches: Vec<Vec<Value>> = branches.into_iter().filter(|branch| !branch.is_empty()).collect();
        if branches.is_empty() {
            return tasks.push(self.worker());
        }
        let on: Vec<Value> = branches
            .iter()
            .filter_map(|branch| branch.last().map(|last| last["taskReferenceName"].clone()))
            .collect();
        tasks.push(json!({
            "name": "fork", "taskReferenceName": self.reference("f"), "type": "FORK_JOIN", "forkTasks": branches,
        }));
        tasks.push(
            json!({"name": "join", "taskReferenceName": self.reference("j"), "type": "JOIN", "joinOn": on}),
        );
    }

    fn do_while(&mut self, depth: usize) -> Value {
        let reference = self.reference("l");
        self.in_loop += 1;
        let body = self.sequence(depth);
        self.in_loop -= 1;
        let times = self.rng.random_range(1..=3);
        let mut task = json!({
            "name": "loop", "taskReferenceName": reference, "type": "DO_WHILE", "loopOver": body,
            "loopCondition": format!("$.{reference}['iteration'] < {times}"),
        });
        match self.rng.random_range(0..6) {
            0 | 1 => task["loopCondition"] = format!("again($.{reference}['iteration'])").into(),
            2 => {
                task["items"] = (0..times).collect();
                task["loopCondition"] = "".into();
            }
            _ => {}
        }
        task
    }

    fn for_each(&mut self, depth: usize) -> Value {
        let reference = self.reference("e");
        self.in_loop += 1;
        let mut body = self.sequence(depth);
        self.in_loop -= 1;
        if body.is_empty() {
            body.push(self.worker());
        }
        let items: Vec<u32> = (0..self.rng.random_range(0..5)).collect();
        let mut task = json!({
            "name": "each", "taskReferenceName": reference, "type": "FOR_EACH", "items": items, "loopOver": body,
            "concurrency": self.rng.random_range(1..=3),
        });
        if self.rng.random_bool(0.2) {
            task["inputParameters"] = json!({"keepLastN": self.rng.random_range(1..=2)});
        }
        if self.rng.random_bool(0.15) {
            task["optional"] = true.into();
        }
        task
    }

    fn try_catch(&mut self, depth: usize) -> Value {
        let reference = self.reference("y");
        let (mut body, catch, finally) = (self.sequence(depth), self.sequence(depth), self.sequence(depth));
        if body.is_empty() {
            body.push(self.worker());
        }
        let mut task = json!({
            "name": "try", "taskReferenceName": reference, "type": "TRY_CATCH", "tryTasks": body,
            "finallyTasks": finally,
        });
        if self.rng.random_bool(0.8) || task["finallyTasks"].as_array().is_none_or(Vec::is_empty) {
            let rest = json!([{"name": "n", "taskReferenceName": self.reference("n"), "type": "NOOP"}]);
            task["catchTasks"] = if catch.is_empty() { rest } else { catch.into() };
        }
        if self.rng.random_bool(0.2) {
            task["inputParameters"] = json!({"catch": ["TIMED_OUT"]});
        }
        task
    }

    fn graph(&mut self, depth: usize) -> Value {
        let reference = self.reference("g");
        let mut steps: Vec<Value> = Vec::new();
        for _ in 0..self.rng.random_range(1..=4) {
            let mut tasks = self.sequence(depth);
            let is_pair = |task: &Value| task["type"] == "FORK_JOIN" || task["type"] == "FORK_JOIN_DYNAMIC";
            let mut step = match tasks.len() {
                0 => self.worker(),
                1 => tasks.remove(0),
                _ if tasks.iter().any(is_pair) => json!({
                    "name": "try", "taskReferenceName": self.reference("y"), "type": "TRY_CATCH", "tryTasks": tasks,
                    "finallyTasks": [{"name": "n", "taskReferenceName": self.reference("n"), "type": "NOOP"}],
                }),
                _ => tasks.remove(0),
            };
            let earlier = steps.iter().map(|task| task["taskReferenceName"].clone());
            let on: Vec<Value> = earlier.filter(|_| self.rng.random_bool(0.4)).collect();
            step["dependsOn"] = on.into();
            steps.push(step);
        }
        json!({"name": "graph", "taskReferenceName": reference, "type": "GRAPH", "graphTasks": steps})
    }

    fn switch(&mut self, depth: usize) -> Value {
        let reference = self.reference("c");
        let (one, two, other) = (self.sequence(depth), self.sequence(depth), self.sequence(depth));
        let mut cases = json!({"1": one, "2": two});
        if self.rng.random_bool(0.2) && self.in_loop == 0 {
            let status = *pick(self.rng, &["COMPLETED", "FAILED", "TERMINATED"]);
            cases["3"] = json!([{
                "name": "stop", "taskReferenceName": self.reference("x"), "type": "TERMINATE",
                "inputParameters": {"terminationStatus": status, "workflowOutput": {"stopped": true}},
            }]);
        }
        let mut task = json!({
            "name": "switch", "taskReferenceName": reference, "type": "SWITCH", "evaluatorType": "value-param",
            "expression": "case", "inputParameters": {"case": "${workflow.input.pick}"},
            "decisionCases": cases, "defaultCase": other,
        });
        if self.rng.random_bool(0.25) {
            task["evaluatorType"] = "javascript".into();
            task["expression"] = "which($.case)".into();
            task["decisionCases"]["true"] = task["decisionCases"]["1"].take();
        }
        task
    }

    fn sub_workflow(&mut self) -> Value {
        let name = format!("w{}", self.rng.random_range(0..self.number));
        let mut task = json!({
            "name": "sub", "taskReferenceName": self.reference("u"), "type": "SUB_WORKFLOW",
            "inputParameters": {"pick": "${workflow.input.pick}"},
            "subWorkflowParam": {"name": name, "version": 1},
        });
        match self.rng.random_range(0..6) {
            0 => task["optional"] = true.into(),
            1 => task["retryCount"] = 1.into(),
            2 => {
                let inner = json!([{"name": "t0", "taskReferenceName": "inner", "type": "SIMPLE"}]);
                task["subWorkflowParam"] = json!({"name": "inline", "workflowDefinition": {"name": "inline", "version": 1, "tasks": inner}});
            }
            _ => {}
        }
        task
    }
}
