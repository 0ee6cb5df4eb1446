//! Constructs that depend on scripts: they ask, and go on with the answer.

use segue_core::decide::{EvaluationError, Outcome};
use segue_core::plan::{Evaluation, Form, Language};
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, simple};

/// Evaluates the few scripts that these tests use.
fn evaluate(evaluation: &Evaluation) -> Result<Value, EvaluationError> {
    let input = evaluation.input.value();
    match &*evaluation.script.source {
        "sum" => Ok(json!(input["a"].as_i64().unwrap_or(0) + input["b"].as_i64().unwrap_or(0))),
        "case" => Ok(input["which"].clone()),
        "all" => Ok(json!([input["a"], input["b"]])),
        "none" => Ok(json!([])),
        "slow" => Err(EvaluationError::TimedOut { limit_ms: 4000 }),
        source if source.starts_with("below(") => Ok(json!(input["l"]["iteration"].as_i64() < Some(3))),
        source => Err(EvaluationError::Failed(format!("ReferenceError: {source} is not defined"))),
    }
}

fn run_of(task: Value, input: Value) -> (Run, segue_core::id::ExecutionId) {
    let mut run = Run::new();
    run.evaluator = evaluate;
    run.define(json!({"name": "wf", "tasks": [task, simple("after")]}));
    let id = run.start("wf", input);
    (run, id)
}

fn compute(type_: &str, parameters: Value) -> Value {
    json!({"name": "c", "taskReferenceName": "c", "type": type_, "inputParameters": parameters})
}

#[test]
fn a_value_is_computed_from_the_input() {
    let cases = [
        (
            "INLINE",
            json!({"evaluatorType": "javascript", "expression": "sum", "a": 1, "b": 2}),
            json!({"result": 3}),
        ),
        (
            "INLINE",
            json!({"evaluatorType": "graaljs", "expression": "sum", "a": 1, "b": 2}),
            json!({"result": 3}),
        ),
        (
            "INLINE",
            json!({"evaluatorType": "value-param", "expression": "a", "a": [1]}),
            json!({"result": [1]}),
        ),
        ("INLINE", json!({"expression": "$.a == 1", "a": 1}), json!({"result": true})),
        ("LAMBDA", json!({"scriptExpression": "sum", "a": 1, "b": 4}), json!({"result": 5})),
        (
            "JSON_JQ_TRANSFORM",
            json!({"queryExpression": "all", "a": 1, "b": 2}),
            json!({"result": 1, "resultList": [1, 2]}),
        ),
        ("JSON_JQ_TRANSFORM", json!({"queryExpression": "none"}), json!({"result": null, "resultList": []})),
    ];
    for (type_, parameters, expected) in cases {
        let (run, id) = run_of(compute(type_, parameters.clone()), json!({}));
        assert_eq!(run.output(id, "c"), expected, "{type_} {parameters}");
        assert_eq!(run.open(id), ["after"]);
    }
}

#[test]
fn what_has_no_value_fails_with_the_reason() {
    let terminal = TaskStatus::FailedWithTerminalError;
    let cases = [
        ("INLINE", json!({"expression": "x(1)"}), terminal, "ReferenceError"),
        ("INLINE", json!({"evaluatorType": "", "expression": "sum"}), terminal, "Empty 'evaluatorType'"),
        (
            "INLINE",
            json!({"evaluatorType": "perl", "expression": "sum"}),
            terminal,
            "Unknown evaluator 'perl'",
        ),
        ("INLINE", json!({"expression": "slow"}), TaskStatus::Failed, "4000 ms"),
        ("INLINE", json!({}), terminal, "Empty 'expression'"),
        ("LAMBDA", json!({"scriptExpression": "x"}), TaskStatus::Failed, "ReferenceError"),
        ("JSON_JQ_TRANSFORM", json!({"queryExpression": "x"}), TaskStatus::Failed, "ReferenceError"),
    ];
    for (type_, parameters, status, expected) in cases {
        let (run, id) = run_of(compute(type_, parameters.clone()), json!({}));
        let task = run.task(id, "c");
        assert_eq!(task.status, status, "{type_} {parameters}");
        let reason = task.reason.as_deref().unwrap_or_default();
        assert!(reason.contains(expected), "{type_} {parameters}: {reason}");
        assert_eq!(run.output(id, "c"), json!({"error": reason}));
        assert_eq!(run.execution(id).status, ExecutionStatus::Failed);
    }
}

#[test]
fn a_switch_goes_where_its_script_says() {
    let switch = json!({
        "name": "s", "taskReferenceName": "s", "type": "SWITCH", "evaluatorType": "javascript", "expression": "case",
        "inputParameters": {"which": "${workflow.input.which}"},
        "decisionCases": {"a": [simple("in_a")], "2": [simple("in_2")], "empty": []}, "defaultCase": [simple("other")]});
    for (which, open) in
        [(json!("a"), "in_a"), (json!(2.0), "in_2"), (json!(null), "other"), (json!("empty"), "after")]
    {
        let (run, id) = run_of(switch.clone(), json!({"which": which}));
        assert_eq!(run.open(id), [open], "{which}");
        assert_eq!(run.input(id, "s")["hasChildren"], json!("true"));
    }
    let mut broken = switch;
    broken["expression"] = "x()".into();
    let (run, id) = run_of(broken, json!({}));
    assert_eq!(run.task(id, "s").status, TaskStatus::Failed);
}

#[test]
fn a_decision_takes_its_other_case_for_an_empty_one() {
    let decision = json!({
        "name": "s", "taskReferenceName": "s", "type": "DECISION", "caseValueParam": "which",
        "inputParameters": {"which": "${workflow.input.which}"},
        "decisionCases": {"a": [simple("in_a")], "empty": []}, "defaultCase": [simple("other")]});
    for (which, open) in [("a", "in_a"), ("empty", "other"), ("b", "other")] {
        let (run, id) = run_of(decision.clone(), json!({"which": which}));
        assert_eq!(run.open(id), [open], "{which}");
        assert_eq!(run.output(id, "s"), json!({"caseOutput": [which]}));
    }
}

fn looped(condition: &str) -> Value {
    json!({"name": "l", "taskReferenceName": "l", "type": "DO_WHILE", "loopCondition": condition,
        "loopOver": [simple("b")]})
}

#[test]
fn a_loop_goes_on_while_its_script_says_so() {
    let (mut run, id) = run_of(looped("below($.l['iteration'])"), json!({}));
    for number in 1..=3 {
        assert_eq!(run.open(id), ["l".to_owned(), format!("b__{number}")]);
        run.complete(id, &format!("b__{number}"), json!({"n": number}));
    }
    assert_eq!(run.open(id), ["after"]);
    let (mut run, id) = run_of(looped("broken($.b)"), json!({}));
    run.complete(id, "b__1", json!({}));
    let task = run.task(id, "l");
    assert_eq!(task.status, TaskStatus::FailedWithTerminalError);
    let reason = task.reason.as_deref().unwrap_or_default();
    assert!(
        reason.starts_with("Unable to evaluate condition broken($.b), exception ReferenceError"),
        "{reason}"
    );
}

#[test]
fn an_answer_is_asked_for_again_and_taken_once() {
    let mut run = Run::new();
    run.holds_answers = true;
    run.define(json!({"name": "wf", "tasks": [compute("INLINE", json!({"expression": "sum(1)"})), looped("below(1)")]}));
    let id = run.start("wf", json!({}));
    let (_, first) = run.asked.pop_front().expect("asked");
    assert_eq!(
        (first.evaluation.script.language, first.evaluation.script.form),
        (Language::JavaScript, Form::Expression)
    );
    run.pass(11);
    let (_, again) = run.asked.pop_front().expect("asked again");
    assert_eq!(first, again);
    assert_eq!(run.answer(id, &first, Ok(json!(1))), Outcome::Applied);
    assert_eq!(run.answer(id, &again, Ok(json!(2))), Outcome::Ignored);
    assert_eq!(run.output(id, "c"), json!({"result": 1}));
    run.complete(id, "b__1", json!({}));
    let (_, round) = run.asked.pop_front().expect("asked for the condition");
    assert_eq!(run.answer(id, &round, Ok(json!(true))), Outcome::Applied);
    run.complete(id, "b__2", json!({}));
    assert_eq!(run.answer(id, &round, Ok(json!(true))), Outcome::Ignored, "the answer of another round");
    run.terminate(id, "enough");
    let (_, late) = run.asked.pop_front().expect("asked for the second round");
    assert_eq!(run.answer(id, &late, Ok(json!(true))), Outcome::Ignored);
}

#[test]
fn a_loop_goes_through_items() {
    let items = |condition: &str| {
        let mut task = looped(condition);
        task["items"] = "${workflow.input.items}".into();
        task["loopOver"][0]["inputParameters"] =
            json!({"item": "${l.output.loopItem}", "index": "${l.output.loopIndex}"});
        task
    };
    let (mut run, id) = run_of(items(""), json!({"items": ["x", {"y": 1}]}));
    assert_eq!(run.input(id, "b__1"), json!({"item": "x", "index": 0}));
    run.complete(id, "b__1", json!({}));
    assert_eq!(run.input(id, "b__2"), json!({"item": {"y": 1}, "index": 1}));
    run.complete(id, "b__2", json!({"n": 2}));
    assert_eq!(run.open(id), ["after"]);
    assert_eq!(run.output(id, "l")["iteration"], json!(2));

    let (run, id) = run_of(items("true"), json!({"items": []}));
    assert_eq!(run.output(id, "l"), json!({"iteration": 0}));
    let (mut run, id) = run_of(items("$.loopIndex < 1"), json!({"items": [1, 2, 3, 4]}));
    run.complete(id, "b__1", json!({}));
    run.complete(id, "b__2", json!({}));
    assert_eq!(run.open(id), ["after"]);
    let (run, id) = run_of(items("true"), json!({"items": 5}));
    assert_eq!(run.task(id, "l").reason.as_deref(), Some("items must be a list, found a number"));
}

#[test]
fn a_loop_keeps_its_last_iterations() {
    let mut task = looped("$.l['iteration'] < 5");
    task["inputParameters"] = json!({"keepLastN": 2});
    let (mut run, id) = run_of(task, json!({}));
    for number in 1..=5 {
        run.complete(id, &format!("b__{number}"), json!({"n": number}));
    }
    assert_eq!(run.output(id, "l"), json!({"4": {"b": {"n": 4}}, "5": {"b": {"n": 5}}, "iteration": 5}));
}
