//! Rehearsals: results from a script, a clock that jumps, nothing left behind.

use std::collections::HashMap;
use std::sync::Arc;

use segue_core::decide::{Answer, EvaluationError, Start};
use segue_core::definition::{TaskDef, WorkflowDef};
use segue_core::execution::Execution;
use segue_core::json::Json;
use segue_core::plan::{Evaluation, Script as ScriptText};
use segue_core::status::TaskStatus;
use segue_engine::rehearsal::{Mock, Rehearsed, Script};
use segue_engine::{Boxed, Engine, Error, Evaluator, Options, StartBy};
use segue_store::contract::Overwrite;
use segue_store::memory::MemoryStore;
use serde_json::{Value, json};

fn definition(value: Value) -> WorkflowDef {
    serde_json::from_value(value).expect("a definition")
}

fn mock(status: TaskStatus, output: &Value) -> Mock {
    Mock { status, output: Json::of(output), queue_wait_ms: 0, execution_ms: 0 }
}

fn completed(output: &Value) -> Mock {
    mock(TaskStatus::Completed, output)
}

fn script(results: Vec<(&str, Vec<Mock>)>) -> Script {
    let results = results.into_iter().map(|(reference, mocks)| (reference.to_owned(), mocks));
    Script { results: results.collect(), children: HashMap::new() }
}

/// Answers a script that is a number with it, and refuses others.
#[derive(Debug)]
struct Numbers;

impl Evaluator for Numbers {
    fn evaluate(&self, evaluation: Evaluation, _share: Arc<str>) -> Boxed<Answer> {
        let text = evaluation.script.source;
        let answer = text.parse::<i64>().map(Value::from);
        Box::pin(async move { answer.map_err(|_| EvaluationError::Failed(format!("{text} is no number"))) })
    }

    fn check(&self, _script: ScriptText) -> Boxed<Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

async fn engine() -> Engine {
    Engine::open(Arc::new(MemoryStore::new()), Options { evaluator: Arc::new(Numbers), ..Options::default() })
        .await
        .expect("an engine")
}

async fn play(engine: &Engine, tasks: Value, script: Script) -> Rehearsed {
    let what = StartBy::Definition(Box::new(definition(json!({"name": "wf", "tasks": tasks}))));
    engine.rehearse(what, Start::default(), script, Vec::new()).await.expect("played")
}

fn trace(execution: &Execution) -> String {
    let line = |task: &segue_core::execution::Task| {
        let name = task.frame.name(&execution.plan.node(task.node).reference);
        format!("{name}:{}", task.status)
    };
    execution.tasks().iter().map(line).collect::<Vec<_>>().join(" ")
}

fn simple(name: &str) -> Value {
    json!({"name": name, "taskReferenceName": name})
}

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn time_jumps_over_waits_delays_and_retries() {
    let engine = engine().await;
    let slow: TaskDef =
        serde_json::from_value(json!({"name": "slow", "retryCount": 2, "retryLogic": "FIXED",
        "retryDelaySeconds": 3600, "responseTimeoutSeconds": 60}))
        .expect("a task definition");
    engine.put_tasks(&[slow]).await.expect("registered");
    let wait = json!({"name": "w", "taskReferenceName": "w", "type": "WAIT", "inputParameters": {"duration": "2 hours"}});
    let long = Mock { execution_ms: 61_000, ..completed(&json!({})) };
    let late = Mock { queue_wait_ms: 5000, execution_ms: 7000, ..completed(&json!({"ok": true})) };
    let results = script(vec![("slow", vec![mock(TaskStatus::Failed, &json!({})), long, late])]);
    let began = std::time::Instant::now();
    let played = play(&engine, json!([wait, simple("slow")]), results).await.execution;
    assert!(began.elapsed().as_secs() < 3600, "no waiting");
    assert_eq!(trace(&played), "w:COMPLETED slow:FAILED slow:TIMED_OUT slow:COMPLETED");
    assert_eq!(played.output.value(), json!({"ok": true}));
    let took = played.ended_at.expect("over") - played.created_at;
    assert_eq!(took, 4 * HOUR_MS + 60_000 + 12_000);
    let last = &played.tasks()[3];
    assert_eq!(last.started_at.expect("taken") - last.ready_at, 5000);
    assert!(engine.store().row(played.id).await.expect("reads").is_none(), "nothing is stored");
}

#[tokio::test]
async fn results_are_taken_in_order_and_the_last_again() {
    let engine = engine().await;
    let round = json!({"name": "l", "taskReferenceName": "l", "type": "DO_WHILE",
        "loopCondition": "$.a['more'] == true", "loopOver": [simple("a")],
        "inputParameters": {"a": "${a.output}"}});
    let more = |more: bool| completed(&json!({"more": more}));
    let played =
        play(&engine, json!([round]), script(vec![("a", vec![more(true), more(true), more(false)])])).await;
    assert_eq!(trace(&played.execution), "l:COMPLETED a__1:COMPLETED a__2:COMPLETED a__3:COMPLETED");
    let named = script(vec![("a", vec![more(true)]), ("a__2", vec![more(false)])]);
    let played = play(&engine, json!([round]), named).await;
    assert_eq!(trace(&played.execution), "l:COMPLETED a__1:COMPLETED a__2:COMPLETED");
    // "Not yet" is no last word.
    let again = vec![mock(TaskStatus::InProgress, &json!({"p": 1})), completed(&json!({"p": 2}))];
    let played = play(&engine, json!([simple("a")]), script(vec![("a", again)])).await.execution;
    assert_eq!((played.tasks()[0].poll_count, played.output.value()), (2, json!({"p": 2})));
    let never = vec![mock(TaskStatus::InProgress, &json!({}))];
    let played = play(&engine, json!([simple("a")]), script(vec![("a", never)])).await.execution;
    assert_eq!(trace(&played), "a:SCHEDULED");
    let forever = Box::new(definition(json!({"name": "wf", "tasks": [round]})));
    let endless = script(vec![("a", vec![more(true)])]);
    let error = engine.rehearse(StartBy::Definition(forever), Start::default(), endless, Vec::new()).await;
    let error = error.err().expect("given up");
    assert!(matches!(error, Error::Rehearsal(_)) && error.to_string().contains("a__"), "{error}");
}

#[tokio::test]
async fn sub_workflows_have_scripts_of_their_own() {
    let engine = engine().await;
    let child = |name: &str, task: &str| definition(json!({"name": name, "tasks": [simple(task)]}));
    engine.put_workflows(&[child("c", "x")], Overwrite::Refused).await.expect("registered");
    let sub = |reference: &str, name: &str| {
        json!({"name": reference, "taskReferenceName": reference, "type": "SUB_WORKFLOW",
            "subWorkflowParam": {"name": name}})
    };
    let tasks = json!([sub("played", "c"), sub("replaced", "c"), sub("brought", "d")]);
    let mut all = script(vec![("replaced", vec![completed(&json!({"n": 2}))])]);
    all.children.insert("played".to_owned(), script(vec![("x", vec![completed(&json!({"n": 1}))])]));
    all.children.insert("brought".to_owned(), script(vec![("y", vec![completed(&json!({"n": 3}))])]));
    let what = StartBy::Definition(Box::new(definition(json!({"name": "wf", "tasks": tasks}))));
    let played =
        engine.rehearse(what.clone(), Start::default(), all, vec![child("d", "y")]).await.expect("played");
    assert_eq!(trace(&played.execution), "played:COMPLETED replaced:COMPLETED brought:COMPLETED");
    let outputs: Vec<Value> =
        played.execution.tasks().iter().map(|task| task.output.value()["n"].clone()).collect();
    assert_eq!(outputs, [1, 2, 3]);
    let traces: Vec<String> = played.children.iter().map(trace).collect();
    assert!(traces.len() == 2 && traces.iter().all(|trace| trace.ends_with(":COMPLETED")), "{traces:?}");
    // What nobody says anything about stays open.
    let open = engine.rehearse(what, Start::default(), Script::default(), Vec::new()).await.expect("played");
    assert_eq!(trace(&open.execution), "played:IN_PROGRESS");
    assert_eq!(trace(&open.children[0]), "x:SCHEDULED");
}

#[tokio::test]
async fn deadlines_pass_where_nobody_comes() {
    let engine = engine().await;
    let what = |extra: Value| {
        let mut wf = json!({"name": "wf", "tasks": [simple("a")]});
        wf.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        StartBy::Definition(Box::new(definition(wf)))
    };
    let limit = json!({"timeoutSeconds": 86_400, "timeoutPolicy": "TIME_OUT_WF"});
    let played =
        engine.rehearse(what(limit), Start::default(), Script::default(), Vec::new()).await.expect("played");
    assert_eq!(
        (trace(&played.execution).as_str(), played.execution.status.as_str()),
        ("a:CANCELED", "TIMED_OUT")
    );
    let none = StartBy::Name("none".to_owned(), None);
    let missing = engine.rehearse(none, Start::default(), Script::default(), Vec::new()).await;
    assert!(matches!(missing.err(), Some(Error::NoSuchDefinition { .. })));
}

#[tokio::test]
async fn scripts_are_evaluated_unless_the_script_has_their_result() {
    let engine = engine().await;
    let inline = |reference: &str, expression: &str| {
        json!({"name": reference, "taskReferenceName": reference, "type": "INLINE",
            "inputParameters": {"evaluatorType": "javascript", "expression": expression}})
    };
    let tasks = json!([inline("three", "3"), inline("given", "nonsense"), inline("wrong", "nonsense")]);
    let given = script(vec![("given", vec![completed(&json!({"result": 4}))])]);
    let played = play(&engine, tasks, given).await.execution;
    assert_eq!(trace(&played), "three:COMPLETED given:COMPLETED wrong:FAILED_WITH_TERMINAL_ERROR");
    assert_eq!(played.tasks()[0].output.value()["result"], 3);
    assert!(
        played.reason.as_deref().is_some_and(|reason| reason.contains("no number")),
        "{:?}",
        played.reason
    );
}
