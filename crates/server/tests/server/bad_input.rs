//! What is wrong is told precisely, nothing panics, nothing is registered.

use reqwest::Method;
use segue_server::ServerOptions;
use serde_json::{Value, json};

use crate::running::Running;
use crate::sequence;

#[tokio::test]
async fn broken_definitions_are_refused_with_their_place() {
    let server = Running::new().await;
    let deep = format!("{{\"name\": \"d\", \"tasks\": {}", "[{\"loopOver\": ".repeat(40));
    let cases: [(&str, &str); 12] = [
        ("", "EOF while parsing"),
        ("{\"name\": \"a\",\n \"tasks\": [", "line 2, column 12"),
        ("{\"name\": \"a\",\n \"tasks\": [{\"name\": 1}]}", "line 2, column 21: tasks[0].name"),
        (
            "{\"name\": \"a\", \"version\": \"one\"}",
            "version: invalid value: string \"one\", expected an integer",
        ),
        ("{\"name\": \"a\", \"version\": 99999999999}", "out of range"),
        (
            "{\"name\": \"a\", \"timeoutPolicy\": \"NEVER\"}",
            "unknown variant `NEVER`, expected `TIME_OUT_WF` or `ALERT_ONLY`",
        ),
        ("{\"name\": \"a\", \"tasks\": {}}", "tasks: invalid type: map, expected a sequence"),
        ("[]", "invalid type: sequence, expected an object"),
        ("{\"name\" \"a\"}", "expected `:`"),
        ("{} {}", "trailing characters"),
        ("name: a", "line 1, column 2"),
        (&deep, "nested deeper than 64 levels"),
    ];
    for (body, expected) in cases {
        for path in ["/api/metadata/workflow", "/api/metadata/workflow/validate"] {
            let message = server.raw(Method::POST, path, body.to_owned()).await.error(400);
            assert!(message.contains(expected), "{body:?}: {message}");
        }
    }
    server.raw(Method::POST, "/api/metadata/workflow", "[".repeat(300_000)).await.error(400);
    assert!(server.raw(Method::POST, "/api/workflow", vec![0xff, 0xfe]).await.error(400).contains("UTF-8"));
    assert_eq!(server.get("/api/metadata/workflow").await.ok(), json!([]));
}

/// A definition and the path and message of what is wrong with it.
fn invalid() -> Vec<(Value, &'static str, &'static str)> {
    let with = |task: Value| json!({"name": "w", "tasks": [task]});
    vec![
        (
            json!({"tasks": [{"name": "a", "taskReferenceName": "a"}]}),
            "name",
            "WorkflowDef name cannot be null or empty",
        ),
        (json!({"name": "w", "tasks": []}), "tasks", "WorkflowTask list cannot be empty"),
        (
            with(json!({"taskReferenceName": "a"})),
            "tasks[0].name",
            "WorkflowTask name cannot be empty or null",
        ),
        (
            with(json!({"name": "a"})),
            "tasks[0].taskReferenceName",
            "WorkflowTask taskReferenceName name cannot be empty or null",
        ),
        (sequence("w", &["a", "a"]), "", "taskReferenceName: a should be unique across tasks"),
        (
            with(
                json!({"name": "a", "taskReferenceName": "a", "inputParameters": {"x": "${nobody.output.y}"}}),
            ),
            "",
            "nobody",
        ),
        (
            with(json!({"name": "a", "taskReferenceName": "a", "type": "SWITCH"})),
            "",
            "evaluatorType field is required for taskType: SWITCH",
        ),
        (
            with(json!({"name": "a", "taskReferenceName": "a", "type": "SUB_WORKFLOW"})),
            "",
            "subWorkflowParam field is required",
        ),
        (
            with(
                json!({"name": "a", "taskReferenceName": "a", "type": "WAIT", "inputParameters": {"duration": "soon"}}),
            ),
            "",
            "Wait time specified is invalid",
        ),
        (
            json!({"name": "w", "version": -1, "failureWorkflowVersion": -2,
                "tasks": [{"name": "a", "taskReferenceName": "a"}]}),
            "version",
            "version: -1 should be minimum 0",
        ),
        (
            with(json!({"name": "a", "taskReferenceName": "a", "type": "SUB_WORKFLOW",
                "subWorkflowParam": {"name": "b", "version": -1}})),
            "tasks[0].subWorkflowParam.version",
            "version: -1 should be minimum 0",
        ),
    ]
}

#[tokio::test]
async fn invalid_definitions_are_refused_with_every_finding() {
    let server = Running::new().await;
    for (definition, path, message) in invalid() {
        let answer = server.post("/api/metadata/workflow", &definition).await;
        let body = answer.json();
        assert_eq!(answer.error(400), "Validation failed, check below errors for detail.");
        let findings = body["validationErrors"].as_array().expect("findings");
        let is_named = |finding: &Value| {
            let at = finding["path"].as_str().unwrap_or("");
            (path.is_empty() || at == path)
                && finding["message"].as_str().is_some_and(|told| told.contains(message))
        };
        assert!(findings.iter().any(is_named), "{path} {message}: {body}");
    }
    let list: Vec<Value> =
        [sequence("good", &["a"])].into_iter().chain(invalid().into_iter().map(|(def, ..)| def)).collect();
    let answer = server.put("/api/metadata/workflow", &json!(list)).await;
    assert!(answer.text.contains("[1].name"), "{answer:?}");
    answer.error(400);
    assert_eq!(server.get("/api/metadata/workflow").await.ok(), json!([]));
    let answer = server.post("/api/metadata/taskdefs", &json!([{"name": "a"}, {"retryCount": -1}])).await;
    assert!(answer.text.contains("[1].name") && answer.text.contains("[1].retryCount"), "{answer:?}");
    answer.error(400);
    let slow = json!({"name": "a", "timeoutSeconds": 5, "responseTimeoutSeconds": 6});
    assert!(
        server
            .put("/api/metadata/taskdefs", &slow)
            .await
            .text
            .contains("must be less than timeoutSeconds: 5")
    );
    assert_eq!(server.get("/api/metadata/taskdefs").await.ok(), json!([]));
}

#[tokio::test]
async fn fan_out_and_nesting_are_bounded_at_registration() {
    let server = Running::new().await;
    let names: Vec<String> = (0..10_001).map(|at| format!("t{at}")).collect();
    let wide = sequence("wide", &names.iter().map(String::as_str).collect::<Vec<_>>());
    let answer = server.post("/api/metadata/workflow", &wide).await;
    assert!(answer.text.contains("at most 10000 tasks"), "{answer:?}");
    answer.error(400);
    let mut task = json!({"name": "leaf", "taskReferenceName": "leaf"});
    for at in 0..30 {
        task = json!({"name": "l", "taskReferenceName": format!("l{at}"), "type": "DO_WHILE",
            "loopCondition": "false", "loopOver": [task]});
    }
    // As deep as the text may nest: registered, started and shown without exhausting a stack.
    let deep = json!({"name": "deep", "tasks": [task]});
    server.post("/api/metadata/workflow", &deep).await.nothing();
    let id = server.start("deep", json!({})).await;
    server.get(&format!("/api/workflow/{id}")).await.ok();
    server.poll("leaf").await;
    let narrow = Running::with(ServerOptions { body_bytes_max: 1000, ..ServerOptions::default() }).await;
    let long = json!({"name": "x".repeat(1000)});
    assert!(narrow.post("/api/workflow", &long).await.error(413).contains("larger than 1000 bytes"));
    let chunks = chunked(&long.to_string());
    assert!(narrow.raw(Method::POST, "/api/workflow", chunks).await.error(413).contains("1000"));
}

/// A body without a length, as some clients send every body.
fn chunked(text: &str) -> reqwest::Body {
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
        text.as_bytes().chunks(100).map(|chunk| Ok(chunk.to_vec())).collect();
    reqwest::Body::wrap_stream(futures::stream::iter(chunks))
}

#[tokio::test]
async fn bodies_are_spoken_of_without_names_of_types() {
    let server = Running::new().await;
    let schedule =
        json!({"name": "s", "cronExpression": "@daily", "startWorkflowRequest": {"workflowDef": 1}});
    let mock = json!({"name": "w", "taskRefToMockOutput": {"a": [1]}});
    for (path, body, expected) in [
        ("/api/workflow", json!(1), "invalid type: integer `1`, expected an object"),
        ("/api/workflow", json!([]), "expected an object"),
        (
            "/api/workflow",
            json!({"version": "x", "workflowDef": null}),
            "version: \"x\" is not an integer, expected an integer or null",
        ),
        (
            "/api/workflow",
            json!({"name": "w", "priority": "x"}),
            "column 24: priority: \"x\" is not an integer",
        ),
        (
            "/api/metadata/taskdefs",
            json!([{"name": "t", "retryCount": 1e12 as i64}]),
            "[0].retryCount: 1000000000000 is out",
        ),
        ("/api/tasks", json!({"extendLease": "yes"}), "extendLease: \"yes\" is not a boolean"),
        (
            "/api/workflow",
            json!({"workflowDef": "d"}),
            "workflowDef: invalid type: string \"d\", expected an object",
        ),
        (
            "/api/workflow/test",
            mock,
            "taskRefToMockOutput.a[0]: invalid type: integer `1`, expected an object",
        ),
        ("/api/metadata/workflow", json!("d"), "expected an object"),
        ("/api/metadata/taskdefs", json!([2]), "[0]: invalid type: integer `2`, expected an object"),
        ("/api/scheduler/schedules", schedule, "expected an object"),
        ("/api/tasks", json!(true), "expected an object"),
    ] {
        let answer = server.post(path, &body).await;
        assert!(answer.text.replace("\\\"", "\"").contains(expected), "{path} {body}: {answer:?}");
        answer.error(400);
    }
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let id = server.start("one", json!({})).await;
    for (path, expected) in [
        (
            format!("/api/workflow/{id}?includeTasks=maybe"),
            "parameter includeTasks: 'maybe' is neither true nor false",
        ),
        (
            format!("/api/workflow/{id}/tasks?status=COMPLETED,FOO"),
            "parameter status: 'FOO' is unknown, expected one of SCHEDULED, IN_PROGRESS,",
        ),
        (format!("/api/workflow/{id}/tasks?start=x"), "parameter start: 'x' is not a number"),
        (
            "/api/workflow/search?size=5001".into(),
            "Cannot return more than 5000 workflows. Please use pagination.",
        ),
        ("/api/workflow/search?size=-1".into(), "parameter size: '-1'"),
        ("/api/workflow/search?query=colour%3Dred".into(), "unknown field 'colour'"),
        (
            "/api/workflow/search?query=status%3DFAILED&query=colour%3Dred".into(),
            "unknown field 'colour' at column 1 of the search",
        ),
        ("/api/workflow/search?sort=startTime:UP".into(), "expected ASC or DESC"),
        (
            "/api/tasks/poll/batch/a?timeout=5001".into(),
            "Long Poll Timeout value cannot be more than 5 seconds",
        ),
        ("/api/tasks/poll/batch/a?count=-1".into(), "parameter count: -1 is negative"),
        ("/api/tasks/poll/batch/a?count=many".into(), "parameter count: 'many' is not a number"),
        ("/api/tasks/queue/size".into(), "parameter taskType is required"),
        ("/api/tasks/queue/polldata".into(), "parameter taskType is required"),
    ] {
        let message = server.get(&path).await.error(400);
        assert!(message.contains(expected), "{path}: {message}");
    }
}
