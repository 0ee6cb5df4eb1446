//! What each task type demands, and the literals that are checked.

use serde_json::{Value, json};

use super::of_tasks;

/// The violations of one task `{name: n, taskReferenceName: r}` with more properties.
fn of_task(type_: &str, properties: &Value) -> Vec<(String, String)> {
    let mut task = json!({"name": "n", "taskReferenceName": "r", "type": type_});
    for (key, value) in properties.as_object().cloned().unwrap_or_default() {
        task[key] = value;
    }
    of_tasks(&json!([task, {"name": "j", "taskReferenceName": "j", "type": "JOIN"}]))
}

#[test]
fn each_type_demands_its_fields() {
    let body = json!([{"name": "b", "taskReferenceName": "b"}]);
    let table = [
        ("EVENT", json!({}), vec![("sink", "sink field is required for")]),
        (
            "DECISION",
            json!({}),
            vec![
                ("caseValueParam", "caseValueParam or caseExpression field is required for"),
                ("decisionCases", "decisionCases should have atleast one task for"),
            ],
        ),
        (
            "SWITCH",
            json!({}),
            vec![
                ("evaluatorType", "evaluatorType field is required for"),
                ("expression", "expression field is required for"),
                ("decisionCases", "decisionCases should have atleast one task for"),
            ],
        ),
        (
            "FOR_EACH",
            json!({"concurrency": 0}),
            vec![
                ("loopOver", "loopOver field is required for"),
                ("items", "items field is required for"),
                ("concurrency", "concurrency must be at least 1"),
            ],
        ),
        (
            "TRY_CATCH",
            json!({"inputParameters": {"catch": {"a": 1}}}),
            vec![
                ("tryTasks", "tryTasks field is required for"),
                ("catchTasks", "catchTasks or finallyTasks field is required for"),
                ("inputParameters.catch", "catch must be a list of statuses and task reference names"),
            ],
        ),
        (
            "TRY_CATCH",
            json!({"tryTasks": [{"name": "b", "taskReferenceName": "b", "type": "DO_WHILE", "loopCondition": "false",
                    "loopOver": [{"name": "c", "taskReferenceName": "c"}]}],
                "catchTasks": [{"name": "d", "taskReferenceName": "d"}],
                "inputParameters": {"catch": ["FAILED", "b", "c", "d", "nope"]}}),
            vec![
                (
                    "inputParameters.catch",
                    "catch names d, which is no status of a failure and no task of its tryTasks",
                ),
                (
                    "inputParameters.catch",
                    "catch names nope, which is no status of a failure and no task of its tryTasks",
                ),
            ],
        ),
        ("GRAPH", json!({}), vec![("graphTasks", "graphTasks field is required for")]),
        (
            "DO_WHILE",
            json!({}),
            vec![
                ("loopCondition", "loopCondition field is required for"),
                ("loopOver", "loopOver field is required for"),
            ],
        ),
        ("DO_WHILE", json!({"loopCondition": "", "loopOver": body}), vec![]),
        ("DYNAMIC", json!({}), vec![("dynamicTaskNameParam", "dynamicTaskNameParam field is required for")]),
        ("FORK_JOIN", json!({}), vec![("forkTasks", "forkTasks should have atleast one task for")]),
        (
            "FORK_JOIN_DYNAMIC",
            json!({}),
            vec![
                ("dynamicForkTasksParam", "dynamicForkTasksParam field is required for"),
                ("dynamicForkTasksInputParamName", "dynamicForkTasksInputParamName field is required for"),
            ],
        ),
        ("FORK_JOIN_DYNAMIC", json!({"inputParameters": {"forkTaskInputs": []}}), vec![]),
        ("FORK_JOIN_DYNAMIC", json!({"dynamicForkJoinTasksParam": "x"}), vec![]),
        (
            "FORK_JOIN_DYNAMIC",
            json!({"dynamicForkJoinTasksParam": "x", "dynamicForkTasksParam": "y"}),
            vec![(
                "dynamicForkJoinTasksParam",
                "dynamicForkJoinTasksParam or combination of dynamicForkTasksInputParamName and \
                 dynamicForkTasksParam cam be used for",
            )],
        ),
        (
            "HTTP",
            json!({}),
            vec![(
                "inputParameters.http_request",
                "inputParameters.http_request or inputParameters.uri field is required for",
            )],
        ),
        ("HTTP", json!({"inputParameters": {"uri": "x"}}), vec![]),
        ("HTTP", json!({"taskDefinition": {"inputTemplate": {"http_request": {}}}}), vec![]),
        (
            "KAFKA_PUBLISH",
            json!({}),
            vec![("inputParameters.kafka_request", "inputParameters.kafka_request field is required for")],
        ),
        (
            "JSON_JQ_TRANSFORM",
            json!({}),
            vec![(
                "inputParameters.queryExpression",
                "inputParameters.queryExpression field is required for",
            )],
        ),
        ("JSON_JQ_TRANSFORM", json!({"name": "templated"}), vec![]),
        ("SUB_WORKFLOW", json!({}), vec![("subWorkflowParam", "subWorkflowParam field is required for")]),
        ("ANYTHING", json!({}), vec![]),
    ];
    for (type_, properties, expected) in table {
        let expected: Vec<(String, String)> = expected
            .into_iter()
            .map(|(path, message)| {
                (format!("tasks[0].{path}"), format!("{message} taskType: {type_} taskName: n"))
            })
            .collect();
        assert_eq!(of_task(type_, &properties), expected, "{type_} {properties}");
    }
}

#[test]
fn waits_and_terminations_are_checked_as_far_as_literal() {
    let (both, date, time) = (
        "Both 'duration' and 'until' specified. Please provide only one input",
        "Unable to parse date ",
        "Wait time specified is invalid.  The duration must be in ",
    );
    let waits = [
        (json!({}), None),
        (json!({"duration": "2 days 3 hours 4 minutes 5 seconds"}), None),
        (json!({"duration": "1D2HRS3m 4 Secs"}), None),
        (json!({"duration": "${workflow.input.d}"}), None),
        (json!({"duration": " ", "until": "2026-01-02"}), None),
        (json!({"until": "2026-01-02 03:04"}), None),
        (json!({"until": "2026-01-02 03:04 America/New_York"}), None),
        (json!({"duration": "1m", "until": "2026-01-02"}), Some(both)),
        (json!({"duration": "5 s 1 h"}), Some(time)),
        (json!({"duration": "soon"}), Some(time)),
        (json!({"duration": 5}), Some(time)),
        (json!({"duration": "1.5 h"}), Some(time)),
        (json!({"until": "2026-13-02"}), Some(date)),
        (json!({"until": "2026-01-02 3:04"}), None),
        (json!({"until": "2026-01-02 03:04 CEST"}), None),
        (json!({"until": "2026-01-02 03:04 GMT+2"}), None),
        (json!({"until": "2026-01-02 03:04 Nowhere/Land"}), Some(date)),
        (json!({"until": "tomorrow"}), Some(date)),
    ];
    for (input, expected) in waits {
        let found: Vec<String> = of_task("WAIT", &json!({"inputParameters": input}))
            .into_iter()
            .map(|(_, message)| message)
            .collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{input}");
    }
    let status = "terminate task must have an terminationStatus parameter and must be set to COMPLETED or FAILED, \
                  taskName: n";
    for (value, is_known) in [("COMPLETED", true), ("FAILED", true), ("TERMINATED", true), ("${a.b}", false)]
    {
        let found = of_task("TERMINATE", &json!({"inputParameters": {"terminationStatus": value}}));
        assert_eq!(!found.iter().any(|(_, message)| message == status), is_known, "{value}: {found:?}");
    }
    let found = of_task("TERMINATE", &json!({"optional": true}));
    assert_eq!(found[0].1, "terminate task cannot be optional, taskName: n");
    assert_eq!(found[1], ("tasks[0].inputParameters.terminationStatus".to_owned(), status.to_owned()));
}
