//! Each rule broken once, with its message and place.

mod fields;

use serde_json::{Value, json};

use super::{DEPTH_MAX, TASKS_MAX, Violation, validate, validate_task_def};
use crate::definition::{TaskDef, WorkflowDef, WorkflowTask};

fn violations(def: &Value) -> Vec<Violation> {
    let def: WorkflowDef = serde_json::from_value(def.clone()).unwrap_or_else(|error| panic!("{error}"));
    let with_query = |name: &str| {
        let mut def = TaskDef::named(name);
        def.input_template.insert("queryExpression".to_owned(), json!(".x"));
        (name == "templated").then_some(def)
    };
    validate(&def, &with_query)
}

fn of_tasks(tasks: &Value) -> Vec<(String, String)> {
    violations(&json!({"name": "w", "tasks": tasks})).into_iter().map(|v| (v.path, v.message)).collect()
}

#[test]
fn names_and_versions_are_demanded() {
    let found = violations(&json!({"schemaVersion": 1}));
    let messages: Vec<&str> = found.iter().map(|violation| violation.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "WorkflowDef name cannot be null or empty",
            "WorkflowTask list cannot be empty",
            "workflowDef schemaVersion: 2 is only supported",
        ]
    );
    assert_eq!(found[2].invalid_value, Some(json!(1)));
    assert_eq!(
        of_tasks(&json!([{}])),
        [
            ("tasks[0].name".to_owned(), "WorkflowTask name cannot be empty or null".to_owned()),
            (
                "tasks[0].taskReferenceName".to_owned(),
                "WorkflowTask taskReferenceName name cannot be empty or null".to_owned()
            ),
        ]
    );
}

#[test]
fn references_are_unique_and_known() {
    let found = of_tasks(&json!([
        {"name": "s", "taskReferenceName": "s", "type": "SWITCH", "evaluatorType": "value-param", "expression": "x",
         "decisionCases": {"a": [{"name": "i", "taskReferenceName": "i", "inputParameters": {"x": "${later.output}"}}]}},
        {"name": "t", "taskReferenceName": "i"},
        {"name": "u", "taskReferenceName": "u", "inputParameters": {
            "fileLocation": "${work.input.fileLocation}", "deep": "${gone..x[?(@.y == 1)]}",
            "fine": "${i.output.x} ${workflow.input.y} ${CPEWF_TASK_ID} ${$..x} ${sum($.i.output[*].n)} ${i.output[?(@.x)]}"}},
    ]));
    assert_eq!(
        found,
        [
            (
                "tasks[1].taskReferenceName".to_owned(),
                "taskReferenceName: i should be unique across tasks for a given workflowDefinition: w"
                    .to_owned()
            ),
            (
                "tasks[2].inputParameters.fileLocation".to_owned(),
                "taskReferenceName: work for given task: u input value: fileLocation of input parameter: \
                 ${work.input.fileLocation} is not defined in workflow definition."
                    .to_owned()
            ),
            (
                "tasks[2].inputParameters.deep".to_owned(),
                "taskReferenceName: gone for given task: u input value: deep of input parameter: \
                 ${gone..x[?(@.y == 1)]} is not defined in workflow definition."
                    .to_owned()
            ),
        ]
    );
}

#[test]
fn a_fork_is_followed_by_its_join() {
    let branch = json!([[{"name": "b", "taskReferenceName": "b"}]]);
    let fork = json!({"name": "f", "taskReferenceName": "f", "type": "FORK_JOIN", "forkTasks": branch});
    let dynamic = json!({"name": "f", "taskReferenceName": "f", "type": "FORK_JOIN_DYNAMIC",
                         "dynamicForkJoinTasksParam": "x"});
    let other = json!({"name": "o", "taskReferenceName": "o"});
    let static_message = "Fork task definition is not followed by a join task.  Check the blueprint";
    let dynamic_message =
        "Dynamic join definition is not followed by a join task.  Check the workflow definition.";
    for (tasks, message) in [
        (json!([fork]), static_message),
        (json!([fork, other]), static_message),
        (json!([dynamic, other]), dynamic_message),
    ] {
        assert_eq!(of_tasks(&tasks), [("tasks[0]".to_owned(), message.to_owned())]);
    }
}

#[test]
fn expressions_are_well_formed_wherever_they_are_expanded() {
    let found = violations(&json!({
        "name": "w", "outputParameters": {"o": ["${a.b..}"]}, "failureWorkflow": "${a[}",
        "tasks": [
            {"name": "s", "taskReferenceName": "s", "type": "SUB_WORKFLOW",
             "subWorkflowParam": {"name": "${a.b..}", "version": "${a.b..}", "taskToDomain": {"*": "${a.b..}"}}},
            {"name": "e", "taskReferenceName": "e", "type": "EVENT", "sink": "x:${a.b..}", "items": "${a.b..}",
             "inputParameters": {"x": {"y": "${a.b..}"}}},
        ],
    }));
    let paths: Vec<&str> = found.iter().map(|violation| violation.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "tasks[0].subWorkflowParam.name",
            "tasks[0].subWorkflowParam.version",
            "tasks[0].subWorkflowParam.taskToDomain.*",
            "tasks[1].inputParameters.x['y']",
            "tasks[1].sink",
            "tasks[1].items",
            "outputParameters.o[0]",
            "failureWorkflow",
        ]
    );
    assert!(
        found[0]
            .message
            .starts_with("Expression is not well formatted: '${a.b..}' at column 8: expected a name"),
        "{found:?}"
    );
    assert_eq!(found[0].invalid_value, Some(json!("${a.b..}")));
}

#[test]
fn depth_and_number_of_tasks_have_limits() {
    let leaf = |at: usize| WorkflowTask::new("SIMPLE", "t", format!("t{at}"));
    let nested = |depth: usize| {
        (1..depth).fold(leaf(0), |inner, at| {
            let mut outer = WorkflowTask::new("FOR_EACH", "l", format!("l{at}"));
            outer.items = Some(serde_json::json!([]));
            outer.loop_over.push(inner);
            outer
        })
    };
    let def =
        |tasks: Vec<WorkflowTask>| WorkflowDef { name: "w".to_owned(), tasks, ..WorkflowDef::default() };
    assert_eq!(validate(&def(vec![nested(DEPTH_MAX)]), &|_| None), []);
    let deep = validate(&def(vec![nested(DEPTH_MAX + 1)]), &|_| None);
    assert_eq!(deep.len(), 1);
    assert_eq!(deep[0].message, "tasks may be nested at most 64 deep");
    assert_eq!(validate(&def((0..TASKS_MAX).map(leaf).collect()), &|_| None), []);
    let many = validate(&def((0..=TASKS_MAX).map(leaf).collect()), &|_| None);
    assert_eq!(many.len(), 1);
    assert_eq!(many[0].message, "a definition may have at most 10000 tasks, nested ones included");
}

#[test]
fn a_place_is_given_as_a_json_path() {
    let found =
        of_tasks(&json!([{"name": "s", "taskReferenceName": "s", "type": "SWITCH", "evaluatorType": "x",
        "expression": "x", "decisionCases": {"a": [{"taskReferenceName": "r"}]}}]));
    assert_eq!(found[0].0, "tasks[0].decisionCases['a'][0].name");
}

#[test]
fn task_definitions_are_checked() {
    assert_eq!(validate_task_def(&TaskDef::named("t")), []);
    let messages = |def: TaskDef| -> Vec<String> {
        validate_task_def(&def).into_iter().map(|violation| violation.message).collect()
    };
    let wrong = TaskDef { retry_count: -1, response_timeout_seconds: 0, ..TaskDef::default() };
    assert_eq!(
        messages(wrong),
        [
            "TaskDef name cannot be null or empty",
            "TaskDef retryCount: 0 must be >= 0",
            "TaskDef responseTimeoutSeconds: 0 should be minimum 1 second",
        ]
    );
    let late = TaskDef { timeout_seconds: 60, total_timeout_seconds: 30, ..TaskDef::named("t") };
    assert_eq!(
        messages(late),
        [
            "TaskDef: t responseTimeoutSeconds: 3600 must be less than timeoutSeconds: 60",
            "TaskDef: t timeoutSeconds: 60 must be less than or equal to totalTimeoutSeconds: 30",
        ]
    );
    let mut malformed = TaskDef::named("t");
    malformed.input_template.insert("x".to_owned(), json!(["${a.b[?(@.c)]}", "${a[?@.c]}"]));
    let found = validate_task_def(&malformed);
    assert_eq!((found.len(), found[0].path.as_str()), (1, "inputTemplate.x[1]"));
    assert!(found[0].message.ends_with("'${a[?@.c]}' at column 6: expected `(`"), "{found:?}");
}
