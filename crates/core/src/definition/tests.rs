//! The wire: names, defaults, nulls, lenient spellings, what is written and what is not.

use serde_json::{Map, Value, json};

use super::{
    InlineDefinition, RetryLogic, SubWorkflowParams, TaskDef, TimeoutPolicy, WorkflowDef, WorkflowTask,
};

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[test]
fn defaults_are_conductors() {
    let def: WorkflowDef = serde_json::from_value(json!({"name": "w", "tasks": [{}]})).expect("a definition");
    assert_eq!(
        serde_json::to_value(&def).expect("JSON"),
        json!({
            "createTime": 0, "updateTime": 0, "name": "w", "version": 1, "inputParameters": [],
            "outputParameters": {}, "schemaVersion": 2, "restartable": true,
            "workflowStatusListenerEnabled": false, "timeoutPolicy": "ALERT_ONLY", "timeoutSeconds": 0,
            "variables": {}, "inputTemplate": {}, "enforceSchema": true, "metadata": {}, "maskedFields": [],
            "tasks": [{
                "name": "", "taskReferenceName": "", "inputParameters": {}, "type": "SIMPLE",
                "decisionCases": {}, "defaultCase": [], "forkTasks": [], "startDelay": 0, "joinOn": [],
                "optional": false, "defaultExclusiveJoinTask": [], "asyncComplete": false, "loopOver": [],
                "onStateChange": {}, "permissive": false, "metadata": {},
            }],
        })
    );
    let task = TaskDef::named("t");
    assert_eq!(serde_json::from_value::<TaskDef>(json!({"name": "t"})).expect("a task definition"), task);
    assert_eq!(
        serde_json::to_value(&task).expect("JSON"),
        json!({
            "createTime": 0, "updateTime": 0, "name": "t", "retryCount": 3, "timeoutSeconds": 0,
            "inputKeys": [], "outputKeys": [], "timeoutPolicy": "TIME_OUT_WF", "retryLogic": "FIXED",
            "retryDelaySeconds": 60, "responseTimeoutSeconds": 3600, "inputTemplate": {},
            "rateLimitPerFrequency": 0, "rateLimitFrequencyInSeconds": 1, "backoffScaleFactor": 1,
            "maxRetryDelaySeconds": 0, "backoffJitterMs": 0, "totalTimeoutSeconds": 0, "enforceSchema": false,
            "runtimeMetadata": [], "taskStatusListenerEnabled": true,
        })
    );
}

#[test]
fn null_reads_as_the_default_and_unknown_properties_do_not_matter() {
    let def: WorkflowDef = serde_json::from_value(json!({
        "name": "w", "version": null, "restartable": null, "tasks": null, "timeoutPolicy": null,
        "createTime": null, "variables": null, "someday": {"x": 1}, "inputSchema": null,
    }))
    .expect("a definition");
    assert_eq!(def, WorkflowDef { name: "w".to_owned(), ..WorkflowDef::default() });
    let task: TaskDef = serde_json::from_value(json!({
        "name": "t", "retryCount": null, "responseTimeoutSeconds": null, "taskStatusListenerEnabled": null,
        "retryLogic": null, "inputTemplate": null, "concurrentExecLimit": null,
    }))
    .expect("a task definition");
    assert_eq!(task, TaskDef::named("t"));
    let node: WorkflowTask = serde_json::from_value(json!({
        "name": "n", "taskReferenceName": "r", "type": null, "decisionCases": null, "taskDefinition": null,
        "retryCount": null, "startDelay": null, "optional": null, "rateLimited": null, "joinMode": null,
    }))
    .expect("a task");
    assert_eq!(node, WorkflowTask::new("SIMPLE", "n", "r"));
}

#[test]
fn numbers_and_booleans_may_be_spelled_as_text() {
    let task: TaskDef = serde_json::from_value(json!({
        "retryCount": "5", "timeoutSeconds": 7.0, "enforceSchema": "true", "pollTimeoutSeconds": "",
    }))
    .expect("a task definition");
    assert_eq!((task.retry_count, task.timeout_seconds, task.enforce_schema), (5, 7, true));
    assert_eq!(task.poll_timeout_seconds, None);
    for wrong in [
        json!({"retryCount": 1.5}),
        json!({"retryCount": "many"}),
        json!({"retryCount": 3_000_000_000_i64}),
        json!({"retryLogic": "SOMETIMES"}),
        json!({"enforceSchema": 1}),
    ] {
        assert!(serde_json::from_value::<TaskDef>(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn what_has_no_behaviour_is_kept() {
    let schema = json!({"name": "s", "version": 1, "type": "JSON", "data": {"x": null}});
    let text = json!({
        "name": "w", "version": 1234, "inputSchema": schema, "outputSchema": schema, "enforceSchema": false,
        "cacheConfig": {"key": "k", "ttlInSecond": 9}, "maskedFields": ["password"],
        "rateLimitConfig": {"rateLimitKey": "k", "concurrentExecLimit": 2, "policy": "REJECT"},
        "metadata": {"a": null}, "workflowStatusListenerSink": "sink", "failureWorkflowVersion": 3,
        "variables": {"v": null}, "outputParameters": {"o": null},
        "tasks": [{
            "name": "t", "taskReferenceName": "t", "type": "JOIN", "joinStatus": "any", "joinMode": "SYNC",
            "onStateChange": {"onStart": [{"type": "x", "payload": {"p": null}}]},
            "cacheConfig": {"key": "k", "ttlInSecond": 1}, "metadata": {"m": [null]}, "retryCount": 0,
            "inputParameters": {"z": null, "a": 1},
            "taskDefinition": {"name": "t", "inputSchema": schema, "inputKeys": ["i"], "timeoutPolicy": "RETRY"},
        }],
    });
    let def: WorkflowDef = serde_json::from_value(text.clone()).expect("a definition");
    let written = serde_json::to_value(&def).expect("JSON");
    for (key, value) in object(&text).iter().filter(|(key, _)| *key != "tasks") {
        assert_eq!(&written[key], value, "{key}");
    }
    for (key, value) in object(&text["tasks"][0]).iter().filter(|(key, _)| *key != "taskDefinition") {
        assert_eq!(&written["tasks"][0][key], value, "{key}");
    }
    let keys: Vec<String> =
        object(&written["tasks"][0]["inputParameters"]).into_iter().map(|(k, _)| k).collect();
    assert_eq!(keys, ["z", "a"]);
    let embedded = def.tasks[0].task_definition.as_deref().expect("a task definition");
    assert_eq!((embedded.timeout_policy, embedded.retry_logic), (TimeoutPolicy::Retry, RetryLogic::Fixed));
    assert_eq!(embedded.input_schema, Some(schema));
}

#[test]
fn a_sub_workflow_is_named_inline_or_an_expression() {
    let read = |value: Value| serde_json::from_value::<SubWorkflowParams>(value);
    let inline =
        read(json!({"workflowDef": {"name": "child"}, "version": "${a.b}", "priority": 3})).expect("inline");
    let child = Box::new(WorkflowDef { name: "child".to_owned(), ..WorkflowDef::default() });
    assert_eq!(inline.workflow_definition, Some(InlineDefinition::Definition(child)));
    assert_eq!(read(serde_json::to_value(&inline).expect("JSON")).expect("what was written"), inline);
    let text = read(json!({"workflowDefinition": "${a.output.def}"})).expect("an expression");
    assert_eq!(text.workflow_definition, Some(InlineDefinition::Expression("${a.output.def}".to_owned())));
    assert_eq!(serde_json::to_value(&text).expect("JSON"), json!({"workflowDefinition": "${a.output.def}"}));
    assert_eq!(
        read(json!({"workflowDefinition": null, "name": "n"})).expect("named").workflow_definition,
        None
    );
    for wrong in [json!("child"), json!(7), json!(["x"])] {
        let error = read(json!({"workflowDefinition": wrong})).expect_err("neither");
        assert!(error.to_string().contains("an object or a"), "{error}");
    }
}

#[test]
fn children_give_paths_and_lists_in_written_order() {
    let node: WorkflowTask = serde_json::from_value(json!({
        "decisionCases": {"z": [{"name": "1"}], "it's": [{"name": "2"}], "empty": [], "z": [{"name": "3"}]},
        "defaultCase": [{"name": "4"}], "forkTasks": [[], [{"name": "5"}]], "loopOver": [{"name": "6"}],
        "graphTasks": [{"name": "7", "dependsOn": ["x"]}], "tryTasks": [{"name": "8"}],
        "catchTasks": [{"name": "9"}], "finallyTasks": [{"name": "10"}], "concurrency": 2,
    }))
    .expect("a task");
    let found: Vec<(String, &str)> =
        node.children().map(|(path, tasks)| (path, tasks[0].name.as_str())).collect();
    let expected = [
        ("decisionCases['z']", "3"),
        ("decisionCases['it\\'s']", "2"),
        ("defaultCase", "4"),
        ("loopOver", "6"),
        ("graphTasks", "7"),
        ("tryTasks", "8"),
        ("catchTasks", "9"),
        ("finallyTasks", "10"),
        ("forkTasks[1]", "5"),
    ];
    assert_eq!(found, expected.map(|(path, name)| (path.to_owned(), name)));
    assert_eq!(node.decision_cases.get("empty"), Some([].as_slice()));
    assert_eq!(node.decision_cases.get("other"), None);
    let again: WorkflowTask =
        serde_json::from_value(serde_json::to_value(&node).expect("JSON")).expect("a task");
    assert_eq!(again, node);
}

#[test]
fn a_deep_text_is_refused_or_read_on_a_small_stack() {
    let nested = |depth: usize| format!("{}{}", r#"{"loopOver":["#.repeat(depth), "]}".repeat(depth));
    let inline = r#"{"subWorkflowParam":{"workflowDefinition":{"tasks":["#;
    let inline = format!("{}{}", inline.repeat(31), "]}}}".repeat(31));
    let read = move || {
        let deepest = (1..100)
            .take_while(|depth| serde_json::from_str::<WorkflowTask>(&nested(*depth)).is_ok())
            .count();
        assert!((40..=64).contains(&deepest), "{deepest}");
        assert!(serde_json::from_str::<WorkflowTask>(&nested(100_000)).is_err());
        assert!(serde_json::from_str::<WorkflowTask>(&inline).is_ok());
    };
    // An unoptimised build takes about 50 KiB of stack a level, an optimised one a fraction of it.
    let stack_bytes = if cfg!(debug_assertions) { 4 << 20 } else { 1 << 20 };
    let thread = std::thread::Builder::new().stack_size(stack_bytes).spawn(read).expect("a thread");
    thread.join().expect("no overflow");
}
