//! Executions that between them meet all that the journal can say. Each is recorded once in a release, so one that meets more is a
//! new one.

use segue_core::decide::{Command, Restart, RestartKind, Upgrade};
use segue_core::id::ExecutionId;
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use serde_json::{Map, Value, json};

use crate::nodes::{fork, node, simple};
use crate::run::Run;

type Recording = (&'static str, fn() -> Run);

/// By the names of their files.
pub(crate) const ALL: [Recording; 8] = [
    ("basics", basics),
    ("grown", grown),
    ("scopes", scopes),
    ("dealings", dealings),
    ("families", families),
    ("bit_by_bit", bit_by_bit),
    ("letrun", letrun),
    ("secrets", secrets),
];

/// A fork, a retry, a loop, a child, a switch, a signal, a wait, a pause.
fn basics() -> Run {
    let child = json!({"name": "inner", "tasks": [node("NOOP", "n", json!({})), simple("c")]});
    let body = json!([
        simple("step"),
        node("SET_VARIABLE", "v", json!({"inputParameters": {"at": "${loop.output.iteration}"}}))
    ]);
    let retried = json!({"name": "work", "taskReferenceName": "a", "retryCount": 2});
    let (mut run, id) = Run::of(
        json!([
            node("FORK_JOIN", "fork", json!({"forkTasks": [[retried], [simple("b")]]})),
            node("JOIN", "join", json!({"joinOn": ["a", "b"]})),
            node("DO_WHILE", "loop", json!({"loopCondition": "$.loop['iteration'] < 2", "loopOver": body})),
            node(
                "SWITCH",
                "switch",
                json!({"evaluatorType": "value-param", "expression": "way",
                "inputParameters": {"way": "${workflow.input.way}"}, "decisionCases": {"left": [simple("left")]}})
            ),
            node("SUB_WORKFLOW", "sub", json!({"subWorkflowParam": {"workflowDefinition": child}})),
            node("WAIT", "nap", json!({"inputParameters": {"duration": "5s"}})),
            node("HUMAN", "ask", json!({})),
        ]),
        json!({"way": "left"}),
    );
    run.claim(id, "a").expect("a claim");
    run.fail(id, "a", "not yet");
    run.pass(100);
    run.complete(id, "a", json!({"n": 1}));
    run.complete(id, "b", json!({"n": 2}));
    run.complete(id, "step__1", json!({}));
    run.pause(id);
    run.complete(id, "step__2", json!({"last": true}));
    run.resume(id);
    run.complete(id, "left", json!({}));
    let inner = run.child(id, "sub");
    run.complete(inner, "c", json!({"from": "child"}));
    run.pass(10);
    run.terminate(id, "stop");
    run.retry(id);
    run.complete(id, "ask", json!({"ok": true}));
    run
}

/// Plans that grow and are replaced: a dynamic fork, a DYNAMIC, an upgrade, a rerun, a restart with another input.
fn grown() -> Run {
    let tasks = json!([
        node(
            "FORK_JOIN_DYNAMIC",
            "fan",
            json!({"dynamicForkTasksParam": "tasks", "dynamicForkTasksInputParamName": "inputs",
            "inputParameters": {"tasks": "${workflow.input.tasks}", "inputs": {"x": {"n": 1}}}})
        ),
        node("JOIN", "fan_join", json!({})),
        node(
            "DYNAMIC",
            "chosen",
            json!({"dynamicTaskNameParam": "what",
            "inputParameters": {"what": "${workflow.input.what}"}})
        ),
        simple("gone"),
        simple("z")
    ]);
    let mut run = Run::new();
    run.task_def(json!({"name": "work", "retryCount": 0})).define(json!({"name": "wf", "tasks": tasks}));
    let id = run.start("wf", json!({"tasks": [simple("x"), simple("y")], "what": "work"}));
    run.complete(id, "x", json!({"of": "x"}));
    upgrade(&mut run, id, &tasks, |tasks| tasks.insert(4, simple("more")));
    run.complete(id, "y", json!({"of": "y"}));
    run.complete(id, "chosen", json!({}));
    run.complete(id, "gone", json!({}));
    upgrade(&mut run, id, &tasks, |tasks| tasks[3] = simple("more"));
    run.complete(id, "more", json!({}));
    run.complete(id, "z", json!({}));
    run.rerun(id, "y");
    run.work_off();
    let restart = Restart {
        input: Some(Json::of(&json!({"tasks": [simple("y")], "what": "work"}))),
        correlation_id: Some("again".into()),
        kind: RestartKind::Restart,
        ..Restart::default()
    };
    run.apply(id, Command::Restart(Box::new(restart))).expect("a restart");
    run.work_off();
    run
}

fn upgrade(run: &mut Run, id: ExecutionId, tasks: &Value, change: impl FnOnce(&mut Vec<Value>)) {
    let mut tasks = tasks.as_array().expect("tasks").clone();
    change(&mut tasks);
    let version = run.execution(id).started.version + 1;
    run.define(json!({"name": "wf", "version": version, "tasks": tasks}));
    let input = Map::from_iter([("version".to_owned(), json!(version))]);
    let upgrade = Upgrade { plan: run.plan("wf"), input, outputs: Map::new() };
    run.apply(id, Command::Upgrade(Box::new(upgrade))).expect("an upgrade");
}

/// Scopes: all parts of a TRY_CATCH and a retry back into the first, a GRAPH, a loop that keeps its last iteration, items at
/// once, a jump and a skip.
fn scopes() -> Run {
    let mut second = simple("s2");
    second["dependsOn"] = json!(["s1"]);
    let tried =
        json!({"tryTasks": [simple("a")], "catchTasks": [simple("b")], "finallyTasks": [simple("c")]});
    let (mut run, id) = Run::of(
        json!([
            node("TRY_CATCH", "t", tried),
            node("TRY_CATCH", "u", json!({"tryTasks": [simple("d")], "finallyTasks": [simple("f")]})),
            node("GRAPH", "g", json!({"graphTasks": [simple("s1"), second]})),
            node(
                "DO_WHILE",
                "l",
                json!({"loopCondition": "$.l['iteration'] < 3", "loopOver": [simple("p")],
                "inputParameters": {"keepLastN": 1}})
            ),
            node(
                "FOR_EACH",
                "e",
                json!({"inputParameters": {"items": [1, 2]}, "loopOver": [simple("q")], "concurrency": 2})
            ),
            simple("passed"),
            simple("z")
        ]),
        json!({}),
    );
    run.fail(id, "a", "caught");
    run.fail(id, "b", "not caught");
    run.complete(id, "c", json!({}));
    run.retry(id);
    run.complete(id, "b", json!({}));
    run.complete(id, "c", json!({}));
    run.fail(id, "d", "not caught");
    run.complete(id, "f", json!({}));
    run.retry(id);
    for name in ["d", "f", "s1", "s2", "p__1", "p__2", "p__3", "q__2", "q__1"] {
        run.complete(id, name, json!({"of": name}));
    }
    run.apply(id, Command::Jump { reference: "z".to_owned(), input: None }).expect("a jump");
    run.complete(id, "z", json!({}));
    run.rerun(id, "p__3");
    run.work_off();
    run
}

/// Dealings with workers, callers and evaluators: a callback, a handler that goes on outside, outputs from outside, messages,
/// limits that only say so, a result that comes too late.
fn dealings() -> Run {
    let mut run = Run::new();
    run.evaluator = |_| Ok(json!(5));
    run.task_def(
        json!({"name": "slow", "retryCount": 0, "timeoutSeconds": 60, "responseTimeoutSeconds": 3600,
        "timeoutPolicy": "ALERT_ONLY", "concurrentExecLimit": 2}),
    );
    let pull = json!({"batchSize": 2});
    run.define(json!({"name": "wf", "timeoutSeconds": 100, "timeoutPolicy": "ALERT_ONLY", "tasks": [
        node("INLINE", "sum", json!({"inputParameters": {"evaluatorType": "javascript", "expression": "$.a + 4", "a": 1}})),
        {"name": "slow", "taskReferenceName": "slow"},
        node("HTTP", "call", json!({"asyncComplete": true, "inputParameters": {"http_request": {"uri": "http://host/"}}})),
        node("HUMAN", "ask", json!({})),
        node("PULL_WORKFLOW_MESSAGES", "pull", json!({"inputParameters": pull}))
    ]}));
    let id = run.start("wf", json!({}));
    run.claim(id, "slow").expect("a claim");
    run.result(id, "slow", TaskStatus::InProgress, json!({"half": true}));
    run.apply(id, Command::ResetCallbacks).expect("taken");
    run.claim(id, "slow").expect("a claim");
    run.pass(61);
    run.pass(61);
    run.complete(id, "slow", json!({"done": true}));
    run.complete(id, "slow", json!({"done": "twice"}));
    run.claim(id, "call").expect("a claim");
    run.result(id, "call", TaskStatus::InProgress, json!({"accepted": true}));
    run.complete(id, "call", json!({"called": "back"}));
    run.result(id, "ask", TaskStatus::InProgress, json!({"seen": true}));
    for n in 1..=2 {
        let command = Command::Push { id: format!("m{n}").into(), payload: Json::of(&json!({"n": n})) };
        run.apply(id, command).expect("taken");
    }
    run.apply(id, Command::SetVariables(Map::from_iter([("v".to_owned(), json!(1))]))).expect("set");
    run.complete(id, "ask", json!({"ok": true}));
    run
}

/// Parents and children: an end, a failure that begins another attempt later, a termination, a retry that revives the parent, a
/// failure workflow.
fn families() -> Run {
    let mut run = Run::new();
    run.task_def(json!({"name": "sub", "retryCount": 1, "retryDelaySeconds": 5}));
    run.define(json!({"name": "inner", "tasks": [simple("c")]}));
    run.define(json!({"name": "undo", "tasks": [simple("u")]}));
    let sub = json!({"subWorkflowParam": {"name": "inner"}});
    run.define(json!({"name": "wf", "failureWorkflow": "undo", "tasks": [node("SUB_WORKFLOW", "sub", sub)]}));
    let id = run.start("wf", json!({}));
    let first = run.child(id, "sub");
    run.fail(first, "c", "once");
    run.pass(10);
    let second = run.child(id, "sub");
    run.fail(second, "c", "twice");
    run.retry(second);
    run.complete(second, "c", json!({}));
    let stopped = run.start("wf", json!({}));
    run.terminate(stopped, "stop");
    run.work_off();
    run
}

/// Records of one transition each: what is left to do stands in between.
fn bit_by_bit() -> Run {
    let behind = |name: &str| {
        let mut step = simple(name);
        step["dependsOn"] = json!(["s1"]);
        step
    };
    let [f, j] = fork("f", &[json!([simple("a")]), json!([simple("b")])]);
    let graph = node("GRAPH", "g", json!({"graphTasks": [simple("s1"), behind("s2"), behind("s3")]}));
    let mut run = Run::new();
    run.limits.transitions_max = 1;
    run.task_def(json!({"name": "again", "retryCount": 1, "retryDelaySeconds": 1}));
    run.define(json!({"name": "wf", "tasks": [f, j, graph, {"name": "again", "taskReferenceName": "r"}, simple("z")]}));
    let id = run.start("wf", json!({}));
    run.wake();
    run.complete(id, "a", json!({}));
    run.fail(id, "b", "stop");
    run.wake();
    run.retry(id);
    run.wake();
    for name in ["b", "s1", "s2", "s3"] {
        run.complete(id, name, json!({}));
        run.wake();
    }
    run.fail(id, "r", "once");
    run.pass(2);
    run.pause(id);
    run.fail(id, "r", "during a pause");
    run.resume(id);
    run.wake();
    run.rerun(id, "a");
    run.wake();
    run.work_off();
    run
}

/// A definition that refers to a secret, with an input that says the same words.
fn secrets() -> Run {
    let mut task = simple("call");
    let words = "${workflow.secrets.KEY}";
    task["inputParameters"] = json!({"own": format!("Bearer {words}"), "said": "${workflow.input.said}"});
    let (mut run, id) = Run::of(json!([task]), json!({"said": words}));
    let secrets = &run.task(id, "call").secrets;
    let places: Vec<(&str, usize)> = secrets.iter().map(|secret| (&*secret.text, secret.from)).collect();
    assert_eq!(places, [("/own", 7)]);
    run.complete(id, "call", json!({}));
    run
}

/// A definition as a letrun file compiles to it.
fn letrun() -> Run {
    let task = |name: &str, handler: &str, parameters: Value| {
        json!({"name": format!("letrun.{name}"), "taskReferenceName": handler, "type": "SIMPLE", "retryCount": 3,
            "inputParameters": {"handler": handler, "task": handler, "parameters": parameters},
            "taskDefinition": {"name": format!("letrun.{name}"), "retryCount": 3, "retryDelaySeconds": 0.5}})
    };
    let mut run = Run::new();
    run.define(json!({"name": "sums", "expressionStyle": "lenient", "inputTemplate": {"n": 2}, "tasks": [
        task("script", "double", json!({"n": "${workflow.input.n ?? '${input.n}'}"})),
        task("lambda", "say", json!({"input": "${double.output.result ?? '${double.output}'}"}))],
        "outputParameters": {"result": "${say.output.result ?? null}"}}));
    let id = run.start("sums", json!({}));
    run.claim(id, "double").expect("a claim");
    run.fail(id, "double", "Error: not yet");
    run.pass_ms(500);
    run.complete(id, "double", json!({"result": 4}));
    run.complete(id, "say", json!({"result": 5}));
    run
}
