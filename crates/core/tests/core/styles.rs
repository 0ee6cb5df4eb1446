//! The lenient and the strict style of expressions, in executions.

use segue_core::definition::{WorkflowDef, validate};
use segue_core::id::ExecutionId;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, fork, node, simple};

fn of(style: &str, tasks: Value, more: Value, input: Value) -> (Run, ExecutionId) {
    let mut definition = json!({"name": "wf", "expressionStyle": style, "tasks": tasks});
    for (key, value) in more.as_object().cloned().unwrap_or_default() {
        definition[key] = value;
    }
    let mut run = Run::new();
    run.define(definition);
    let id = run.start("wf", input);
    (run, id)
}

fn with_input(mut task: Value, parameters: Value) -> Value {
    task["inputParameters"] = parameters;
    task
}

#[test]
fn what_is_missing_stays_or_has_a_default() {
    let parameters = json!({
        "own": "${workflow.input.x ?? '${input.x}'}", "text": "n=${workflow.input.n} ${['say hello'].output.t ?? 'nothing'}",
        "null": "${workflow.input.none ?? 'default'}", "twice": "$${workflow.input.n}", "task": "${CPEWF_TASK_ID}",
        "switch": "${s.output.selectedCase}", "deep": [{"missing": "${workflow.input.x}"}],
    });
    let hello = node("SIMPLE", "say hello", json!({"name": "work", "retryCount": 0}));
    let switch = json!({
        "evaluatorType": "value-param", "expression": "on", "inputParameters": {"on": "${workflow.input.n ?? 0}"},
        "decisionCases": {"5": [hello]},
    });
    let tasks = json!([node("SWITCH", "s", switch), with_input(simple("z"), parameters)]);
    let output = json!({"outputParameters": {"a": "${z.output.a}", "b": "${z.output.b ?? null}"}});
    let (mut run, id) = of("lenient", tasks, output, json!({"n": 5, "none": null}));
    run.complete(id, "say hello", json!({"t": {"w": [1.5, "x"]}}));
    let expected = json!({
        "own": "${input.x}", "text": "n=5 {\"w\":[1.5,\"x\"]}", "null": null, "twice": "$5",
        "task": id.task(run.task(id, "z").ordinal).to_string(), "switch": "5",
        "deep": [{"missing": "${workflow.input.x}"}],
    });
    assert_eq!(run.input(id, "z"), expected);
    run.complete(id, "z", json!({}));
    assert_eq!(run.execution(id).output.value(), json!({"a": "${z.output.a}", "b": null}));
}

#[test]
fn strict_tasks_fail_at_once_and_say_where_what_is_missing() {
    let missing = "${workflow.input.x}";
    let input = |task: Value| with_input(task, json!({"a b": [0, {"c": format!("> {missing}")}]}));
    let param = |param: Value| json!({"subWorkflowParam": param});
    let retried = json!({"name": "work", "taskReferenceName": "t", "retryCount": 3});
    let [split, join] = fork("t", &[json!([simple("a")])]);
    let value_param =
        json!({"evaluatorType": "value-param", "expression": "k", "defaultCase": [simple("a")]});
    let in_input = "inputParameters['a b'][1].c";
    let table = [
        (json!([input(retried)]), in_input),
        (json!([input(node("NOOP", "t", json!({})))]), in_input),
        (json!([input(node("WAIT", "t", json!({})))]), in_input),
        (json!([input(node("TERMINATE", "t", json!({})))]), in_input),
        (json!([input(node("SET_VARIABLE", "t", json!({})))]), in_input),
        (json!([input(node("SWITCH", "t", value_param))]), in_input),
        (json!([input(node("TRY_CATCH", "t", json!({"tryTasks": [simple("a")]})))]), in_input),
        (json!([input(split), join]), in_input),
        (json!([input(node("SUB_WORKFLOW", "t", param(json!({"name": "wf"}))))]), in_input),
        (json!([node("SUB_WORKFLOW", "t", param(json!({"name": missing})))]), "subWorkflowParam.name"),
        (
            json!([node("SUB_WORKFLOW", "t", param(json!({"name": "wf", "version": missing})))]),
            "subWorkflowParam.version",
        ),
        (
            json!([node("SUB_WORKFLOW", "t", param(json!({"workflowDefinition": missing})))]),
            "subWorkflowParam.workflowDefinition",
        ),
        (json!([node("FOR_EACH", "t", json!({"items": missing, "loopOver": [simple("a")]}))]), "items"),
        (json!([node("EVENT", "t", json!({"sink": format!("conductor:{missing}")}))]), "sink"),
    ];
    for (tasks, field) in table {
        let (run, id) = of("strict", tasks.clone(), json!({}), json!({}));
        let task = run.task(id, "t");
        let reason = format!("{field}: nothing is found for {missing}");
        assert_eq!(task.reason.as_deref(), Some(&*reason), "{tasks}");
        assert_eq!((task.status, task.attempt), (TaskStatus::FailedWithTerminalError, 0), "{tasks}");
        assert_eq!(run.status(id), ExecutionStatus::Failed, "{tasks}");
        assert!(run.execution(id).reason.as_deref().is_some_and(|why| why.contains(&reason)), "{tasks}");
        let (run, id) = of("lenient", tasks, json!({}), json!({}));
        assert!(!run.execution(id).reason.as_deref().unwrap_or_default().contains("nothing is found"));
    }
}

#[test]
fn a_strict_failure_can_be_caught_and_tolerated() {
    let broken = with_input(simple("a"), json!({"x": "${workflow.input.x}"}));
    let caught = with_input(simple("c"), json!({"why": "${t.output.error.message}"}));
    let mut optional = with_input(simple("o"), json!({"x": "${workflow.input.x}"}));
    optional["optional"] = json!(true);
    let tasks =
        json!([optional, node("TRY_CATCH", "t", json!({"tryTasks": [broken], "catchTasks": [caught]}))]);
    let (mut run, id) = of("strict", tasks, json!({}), json!({}));
    assert_eq!(
        run.input(id, "c"),
        json!({"why": "inputParameters.x: nothing is found for ${workflow.input.x}"})
    );
    run.work_off();
    assert_eq!(run.trace(id), "o:COMPLETED_WITH_ERRORS t:COMPLETED a:FAILED_WITH_TERMINAL_ERROR c:COMPLETED");
}

#[test]
fn a_strict_output_that_lacks_something_fails_the_execution() {
    let output = json!({"outputParameters": {"a": "${a.output.n}", "b": {"c": "${a.output.missing}"}}});
    let (mut run, id) = of("strict", json!([simple("a")]), output.clone(), json!({}));
    run.complete(id, "a", json!({"n": 1}));
    assert_eq!(run.status(id), ExecutionStatus::Failed);
    let reason = "outputParameters.b.c: nothing is found for ${a.output.missing}";
    assert_eq!(run.execution(id).reason.as_deref(), Some(reason));
    assert_eq!(run.execution(id).output.value(), json!({"a": 1}));
    // One that fails anyway says why it did.
    let (mut run, id) = of("strict", json!([simple("a")]), output, json!({}));
    run.fail(id, "a", "broken");
    assert!(run.execution(id).reason.as_deref().is_some_and(|reason| reason.ends_with("reason: 'broken'")));
    assert_eq!(run.execution(id).output.value(), json!({}));
}

#[test]
fn a_reference_means_the_latest_iteration_that_is_not_later() {
    let seen = json!({"own": "${a.output.of ?? 'none'}", "rare": "${r.output.of ?? 'none'}", "round": "${l.output.loopItem}"});
    let rare = json!({
        "evaluatorType": "value-param", "expression": "on", "inputParameters": {"on": "${l.output.loopItem}"},
        "decisionCases": {"2": [simple("r")]},
    });
    let body = json!([with_input(simple("z"), seen.clone()), simple("a"), node("SWITCH", "s", rare)]);
    let each = |concurrency: u32| {
        let more = json!({"items": [1, 2, 3, 4], "concurrency": concurrency, "loopOver": body});
        json!([node("FOR_EACH", "l", more), with_input(simple("after"), seen.clone())])
    };
    let (mut run, id) = of("lenient", each(1), json!({}), json!({}));
    let mut found = Vec::new();
    for number in 1..=4 {
        found.push(run.input(id, &format!("z__{number}")));
        run.complete(id, &format!("z__{number}"), json!({}));
        run.complete(id, &format!("a__{number}"), json!({"of": number}));
        if number == 2 {
            run.complete(id, "r__2", json!({"of": "rare"}));
        }
    }
    let row = |own: Value, rare: &str, round: u32| json!({"own": own, "rare": rare, "round": round});
    let expected = [
        row(json!("none"), "none", 1),
        row(json!(1), "none", 2),
        row(json!(2), "rare", 3),
        row(json!(3), "rare", 4),
    ];
    assert_eq!(found, expected);
    assert_eq!(run.input(id, "after")["own"], json!(4));
    // Iterations at once: what a later one did is not seen, and the last counts, not the newest.
    let (mut run, id) = of("lenient", each(3), json!({}), json!({}));
    for number in [3, 1, 2] {
        run.complete(id, &format!("z__{number}"), json!({}));
        run.complete(id, &format!("a__{number}"), json!({"of": number}));
    }
    assert_eq!(run.input(id, "z__2")["own"], "none");
    assert_eq!(run.input(id, "z__4")["own"], json!(3));
}

#[test]
fn inner_loops_are_seen_from_outside_as_they_stand() {
    let inner = node("FOR_EACH", "i", json!({"items": ["x", "y"], "loopOver": [simple("a")]}));
    let before = with_input(simple("b"), json!({"a": "${a.output.of ?? 'none'}"}));
    let behind = with_input(simple("z"), json!({"a": "${a.output.of ?? 'none'}"}));
    let more = json!({"items": [1, 2], "concurrency": 2, "loopOver": [before, inner, behind]});
    let (mut run, id) = of("lenient", json!([node("FOR_EACH", "o", more)]), json!({}), json!({}));
    for name in ["b__2", "b__1", "a__2__1", "a__1__1", "a__1__2", "a__2__2"] {
        run.complete(id, name, json!({"of": name}));
    }
    assert_eq!(run.input(id, "b__2"), json!({"a": "none"}));
    assert_eq!(run.input(id, "z__1"), json!({"a": "a__1__2"}));
    assert_eq!(run.input(id, "z__2"), json!({"a": "a__2__2"}));
}

#[test]
fn defaults_of_the_input_are_there_even_without_an_input() {
    let seen = with_input(simple("a"), json!({"input": "${workflow.input}"}));
    let more = json!({"inputTemplate": {"x": 1}});
    let (run, id) = of("lenient", json!([seen]), more.clone(), json!({}));
    assert_eq!(run.input(id, "a"), json!({"input": {"x": 1}}));
    let (run, id) = of("conductor", json!([seen]), more, json!({}));
    assert_eq!(run.input(id, "a"), json!({"input": {}}));
    // A child gets what it is given and nothing else; its style is its own.
    let child =
        json!({"name": "c", "expressionStyle": "lenient", "inputTemplate": {"x": 1}, "tasks": [seen]});
    let start = |parameters: Value| {
        let param = json!({"subWorkflowParam": {"workflowDefinition": child}, "inputParameters": parameters});
        let (run, id) = of("conductor", json!([node("SUB_WORKFLOW", "s", param)]), json!({}), json!({}));
        let child = run.child(id, "s");
        run.input(child, "a")["input"].clone()
    };
    assert_eq!(start(json!({})), json!({"x": 1}));
    assert_eq!(start(json!({"y": "${workflow.input.none}"})), json!({"x": 1, "y": null}));
}

#[test]
fn branches_made_at_run_time_have_the_style_of_their_definition() {
    let tasks = json!([with_input(simple("b"), json!({"x": "${workflow.input.none ?? 'default'}"}))]);
    let fork = json!({
        "dynamicForkTasksParam": "tasks", "dynamicForkTasksInputParamName": "inputs",
        "inputParameters": {"tasks": "${workflow.input.tasks}", "inputs": {}},
    });
    let written = json!([node("FORK_JOIN_DYNAMIC", "f", fork), node("JOIN", "j", json!({}))]);
    let (run, id) = of("strict", written.clone(), json!({}), json!({"tasks": tasks}));
    assert_eq!(run.input(id, "b"), json!({"x": "default"}));
    let (run, id) = of("strict", written, json!({}), json!({}));
    let reason = "inputParameters.tasks: nothing is found for ${workflow.input.tasks}";
    assert_eq!(
        (run.status(id), run.execution(id).reason.as_deref()),
        (ExecutionStatus::Failed, Some(reason))
    );
}

#[test]
fn registration_knows_the_style() {
    let read = |style: Value, text: &str| -> WorkflowDef {
        let hello = node("SIMPLE", "say hello", json!({}));
        let tasks = json!([hello, with_input(simple("z"), json!({"x": text}))]);
        serde_json::from_value(json!({"name": "wf", "expressionStyle": style, "tasks": tasks}))
            .expect("a definition")
    };
    let refused = |style: &str, text: &str| -> Vec<String> {
        validate(&read(json!(style), text), &|_| None)
            .into_iter()
            .map(|violation| violation.message)
            .collect()
    };
    for style in ["lenient", "strict"] {
        assert_eq!(refused(style, "${['say hello'].output.x ?? 'a ${b} \\\\ \\'c\\''}"), [""; 0]);
        assert!(refused(style, "${hello.output ?? 1}")[0].contains("taskReferenceName: hello"));
        assert!(refused(style, "${a.${b}}")[0].contains("at column 6: expected `??` or `}`"));
    }
    assert!(refused("conductor", "${workflow.input.x ?? 'y'}")[0].contains("is not well formatted"));
    // Written only where it says something.
    let written =
        |style| serde_json::to_value(read(style, "")).expect("JSON").get("expressionStyle").cloned();
    assert_eq!(written(json!("strict")), Some(json!("strict")));
    assert_eq!((written(json!("conductor")), written(Value::Null)), (None, None));
    let unknown: Result<WorkflowDef, _> =
        serde_json::from_value(json!({"name": "wf", "expressionStyle": "loose"}));
    assert!(unknown.is_err_and(|error| error.to_string().contains("`conductor`, `lenient`, `strict`")));
}
