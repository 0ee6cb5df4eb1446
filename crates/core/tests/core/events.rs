//! Event handlers: what they stand for, what starts them, what they start.

use proptest::{prop_assert, prop_assert_eq, proptest};
use segue_core::definition::{EventHandler, validate_event_handler};
use segue_core::execution::Execution;
use segue_core::expression::{Document, Template, rebased};
use segue_core::status::ExecutionStatus;
use segue_core::trigger;
use serde_json::{Value, json};

use crate::properties::config;
use crate::run::{Run, node, simple};

fn publish(input: Value) -> Value {
    node("EVENT", "say", json!({"sink": "conductor:news", "inputParameters": input}))
}

fn start(name: &str, input: Value) -> Value {
    json!({"action": "start_workflow", "start_workflow": {"name": name, "input": input}})
}

fn handler(name: &str, actions: Value) -> Value {
    json!({"name": name, "event": "conductor:wf:news", "active": true, "actions": actions})
}

fn named<'a>(run: &'a Run, name: &str) -> Vec<&'a Execution> {
    let all = run.executions.values().map(|live| &live.execution);
    all.filter(|execution| &*execution.started.name == name).collect()
}

/// A run in which `target` waits for a worker, and the handlers listen to what `wf` publishes.
fn publishing(payload: Value, handlers: &[Value]) -> Run {
    let mut run = Run::new();
    run.define(json!({"name": "target", "tasks": [simple("a")]}));
    run.define(json!({"name": "wf", "tasks": [publish(payload)]}));
    for handler in handlers {
        run.on(handler.clone());
    }
    let id = run.start("wf", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Completed, "{}", run.trace(id));
    run
}

#[test]
fn what_an_event_says_reaches_what_it_starts_with_its_types() {
    let input = json!({
        "n": "${n}", "deep": "${a.b[1]}", "text": "n=${n}", "literal": "$${n} ${", "none": "${gone}",
        "all": "${$}", "from": "${workflowType}", "list": ["${$.n}"], "later": "${a.b[?(@ > $.n)]}",
        "nested": "${a.${key}[0]}",
    });
    let mut action = start("target", input);
    action["start_workflow"]["correlationId"] = json!("${n}");
    let payload = json!({"n": 7, "a": {"b": [1, {"x": null}, 8]}, "key": "b"});
    let run = publishing(payload, &[handler("h", json!([action]))]);
    let started = named(&run, "target");
    assert_eq!(started.len(), 1);
    let (publisher, started) = (named(&run, "wf")[0], started[0]);
    let mut input = started.started.input.object();
    let all = input.remove("all").expect("the payload");
    assert_eq!(all["workflowInstanceId"], publisher.id.to_string());
    assert_eq!(all.get("event_produced"), None);
    let message = publisher.id.task(1).to_string();
    let expected = json!({
        "n": 7, "deep": {"x": null}, "text": "n=7", "literal": "${n} ${", "none": null, "from": "wf", "list": [7],
        "later": [8], "nested": 1,
        "conductor.event.messageId": message, "conductor.event.name": "conductor:wf:news",
    });
    assert_eq!(Value::Object(input), expected);
    assert_eq!(started.started.event.as_deref(), Some("conductor:wf:news"));
    assert_eq!(started.started.correlation_id.as_deref(), Some("7"));
    assert_eq!(started.started.depth, 2);
    let reaction = named(&run, "event-handler:h")[0];
    assert_eq!(reaction.status, ExecutionStatus::Completed);
    let output = json!({"actions": [{"workflowId": started.id.to_string()}]});
    assert_eq!(reaction.output.value(), output);
}

#[test]
fn an_event_that_waits_for_its_end_is_published_at_once() {
    let mut run = Run::new();
    run.define(json!({"name": "target", "tasks": [simple("a")]}));
    let mut say = publish(json!({"n": 1}));
    say["asyncComplete"] = json!(true);
    run.define(json!({"name": "wf", "tasks": [say]})).on(handler("h", json!([start("target", json!({}))])));
    let id = run.start("wf", json!({}));
    assert_eq!(run.trace(id), "say:IN_PROGRESS");
    assert_eq!(run.output(id, "say")["event_produced"], "conductor:wf:news");
    assert_eq!(named(&run, "target").len(), 1);
}

#[test]
fn a_condition_decides_whether_anything_is_done() {
    // With the payload's texts that are JSON read.
    let payload = json!({"ok": true, "n": 0, "order": "{\"state\": \"READY\", \"raw\": \"[1]\"}"});
    for (condition, evaluator, holds) in [
        ("$.ok", None, true),
        ("$.ok == false", None, false),
        ("$.order.state == 'READY' && $.order.raw == '[1]'", None, true),
        ("$.gone", None, false),
        ("$.n", None, false),
        ("ok", Some("value-param"), true),
        ("n", Some("value-param"), false),
        ("$.ok", Some("of another time"), true),
        ("   ", None, true),
    ] {
        let mut handler = handler("h", json!([start("target", json!({}))]));
        handler["condition"] = json!(condition);
        handler["evaluatorType"] = json!(evaluator);
        let run = publishing(payload.clone(), &[handler]);
        let reaction = named(&run, "event-handler:h")[0];
        assert_eq!(reaction.status, ExecutionStatus::Completed, "{condition}");
        assert_eq!(named(&run, "target").len(), usize::from(holds), "{condition}");
        if !holds {
            let output = json!({"status": "SKIPPED", "condition": condition});
            assert_eq!(reaction.output.value(), output);
        }
    }
}

#[test]
fn each_active_handler_of_an_event_acts_once() {
    let mut silent = handler("silent", json!([start("target", json!({}))]));
    silent["active"] = json!(false);
    let mut other = handler("other", json!([start("target", json!({}))]));
    other["event"] = json!("conductor:wf:olds");
    let both = ["one", "two"].map(|name| handler(name, json!([start("target", json!({"of": name}))])));
    let handlers = [silent, other, both[0].clone(), both[1].clone()];
    let mut run = publishing(json!({}), &handlers);
    assert_eq!(named(&run, "target").len(), 2);
    assert_eq!(run.executions.len(), 5);
    // Each start of the publisher is an event of its own, and so is each restart.
    let id = run.start("wf", json!({}));
    assert_eq!(named(&run, "target").len(), 4);
    let restart = segue_core::decide::Restart::default();
    run.apply(id, segue_core::decide::Command::Restart(Box::new(restart))).expect("it has ended");
    assert_eq!(named(&run, "target").len(), 6);
}

#[test]
fn an_action_that_fails_leaves_the_others_alone() {
    let actions = json!([
        start("nowhere", json!({})),
        start("target", json!({"raw": "${order}"})),
        {"action": "start_workflow", "expandInlineJSON": true,
            "start_workflow": {"name": "target", "version": 1, "input": {"state": "${order.state}"}}},
    ]);
    let run = publishing(json!({"order": "{\"state\": 5}"}), &[handler("h", actions)]);
    let reaction = named(&run, "event-handler:h")[0];
    assert_eq!(reaction.status, ExecutionStatus::Failed);
    let reason = reaction.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("No such workflow defined. name=nowhere, version=null"), "{reason}");
    let mut inputs: Vec<Value> =
        named(&run, "target").iter().map(|execution| execution.started.input.value()).collect();
    inputs.sort_by_key(|input| input.get("raw").is_none());
    assert_eq!((&inputs[0]["raw"], &inputs[1]["state"]), (&json!("{\"state\": 5}"), &json!(5)));
}

#[test]
fn handlers_that_publish_what_starts_them_come_to_an_end() {
    let mut run = Run::new();
    run.limits.depth_max = 9;
    run.checks = false;
    run.define(json!({"name": "wf", "tasks": [publish(json!({}))]}));
    run.on(handler("again", json!([start("wf", json!({}))])));
    run.start("wf", json!({}));
    let publishers = named(&run, "wf");
    assert_eq!(publishers.len(), 5, "{}", run.executions.len());
    let failed: Vec<&str> = publishers.iter().filter_map(|execution| execution.reason.as_deref()).collect();
    let reactions = named(&run, "event-handler:again");
    let refused: Vec<&str> = reactions.iter().filter_map(|execution| execution.reason.as_deref()).collect();
    assert!(
        failed.iter().chain(&refused).any(|reason| reason.contains("deeper than 9 levels")),
        "{failed:?}"
    );
}

#[test]
fn rebased_expressions_keep_their_meaning() {
    for (written, moved) in [
        ("plain", "plain"),
        ("${a}", "${r.s.a}"),
        ("${ a.b } and ${$.c}", "${r.s.a.b} and ${r.s.c}"),
        ("${$}", "${r.s}"),
        ("${$['a b'].c}", "${r.s['a b'].c}"),
        ("${['a']}", "${r.s.['a']}"),
        ("${$..x}", "${r.s..x}"),
        ("${}", "${}"),
        ("$${a} ${", "$${a} $${"),
        ("${a[${b}]}", "${r.s.a[${r.s.b}]}"),
        ("${${a}.b}", "${r.s.${r.s.a}.b}"),
        ("${a[?(@.x == $.y && @.z == '$.q')]}", "${r.s.a[?(@.x == $.r.s.y && @.z == '$.q')]}"),
        ("${workflow.secrets.key}", "${workflow.secrets.key}"),
        ("${a.keys()}", "${r.s.a.keys()}"),
    ] {
        let found = rebased(&json!({"k": [written]}), "r.s");
        assert_eq!(found, json!({"k": [moved]}), "{written}");
        Template::compile(&found).unwrap_or_else(|error| panic!("{written}: {error}"));
    }
}

#[test]
fn a_handler_that_cannot_act_is_refused() {
    let ok = || start("target", json!({}));
    let with = |action: &str, details: Value| json!({"action": action, action: details});
    for (handler, path, message) in [
        (json!({"event": "a:b", "actions": [ok()]}), "name", "Missing event handler name"),
        (json!({"name": "h", "actions": [ok()]}), "event", "Missing event location"),
        (json!({"name": "h", "event": "ab", "actions": [ok()]}), "event", "Illegal event ab"),
        (json!({"name": "h", "event": ":b", "actions": [ok()]}), "event", "Illegal event :b"),
        (
            json!({"name": "h", "event": "a:b"}),
            "actions",
            "No actions specified. Please specify at-least one action",
        ),
        (handler("h", json!([{}])), "actions[0].action", "action must be one of start_workflow"),
        (
            handler("h", json!([with("start_agent", json!({}))])),
            "actions[0].action",
            "Action not supported start_agent",
        ),
        (handler("h", json!([{"action": "fail_task"}])), "actions[0].fail_task", "fail_task is missing"),
        (
            handler("h", json!([start("", json!({}))])),
            "actions[0].start_workflow.name",
            "Workflow name cannot be null or empty",
        ),
        (
            handler("h", json!([with("complete_task", json!({"workflowId": "w"}))])),
            "actions[0].complete_task",
            "must say which task",
        ),
        (
            handler("h", json!([ok(), with("terminate_workflow", json!({}))])),
            "actions[1].terminate_workflow.workflowId",
            "Workflow Id cannot",
        ),
        (
            handler("h", json!([with("update_workflow_variables", json!({"variables": {}}))])),
            "actions[0].update_workflow_variables.workflowId",
            "Workflow Id cannot",
        ),
        (
            handler("h", json!([start("t", json!({"x": ["${a[}"]}))])),
            "actions[0]['start_workflow']['input']['x'][0]",
            "not well formatted: '${a[}'",
        ),
    ] {
        let read: EventHandler = serde_json::from_value(handler.clone()).expect("it reads");
        let found = validate_event_handler(&read);
        let is_told = |found: &[segue_core::definition::Violation]| {
            found.len() == 1 && found[0].path == path && found[0].message.contains(message)
        };
        assert!(is_told(&found), "{handler}: {found:?}");
    }
    let all = json!({"name": "a:b c", "event": "kafka:t", "condition": "${x}", "actions": [
        start("t", json!({})),
        with("complete_task", json!({"taskId": "${id}", "output": {"a": 1}})),
        with("fail_task", json!({"workflowId": "${w}", "taskRefName": "r", "reasonForIncompletion": "${why}"})),
        with("terminate_workflow", json!({"workflowId": "${w}"})),
        with("update_workflow_variables", json!({"workflowId": "${w}", "variables": {"a": ["${x}"]}, "appendArray": true})),
    ]});
    let read: EventHandler = serde_json::from_value(all).expect("it reads");
    assert_eq!(validate_event_handler(&read), []);
    assert_eq!(trigger::definition(&read).name, "event-handler:a:b c");
    let written = serde_json::to_value(&read).expect("it writes");
    assert_eq!(serde_json::from_value::<EventHandler>(written).expect("it reads"), read);
}

const FRAGMENTS: [&str; 18] = [
    "${",
    "${",
    "}",
    "}",
    "a",
    "b",
    ".",
    "..",
    "[0]",
    "['a']",
    "[*]",
    "[?(@.a == $.b)]",
    "$",
    "$.",
    "$${",
    " ",
    "x",
    "'",
];

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn whatever_is_rebased_gives_what_it_gave(text in proptest::collection::vec(0..FRAGMENTS.len(), 0..12)) {
        let text: String = text.into_iter().map(|at| FRAGMENTS[at]).collect();
        let payload = json!({"a": {"a": [1, {"a": 2, "b": null}], "b": "x"}, "b": [{"a": 7}, 2], "x": "a", "2": 2});
        let moved = rebased(&json!(text), "r.s");
        // What is no expression is refused before.
        if let Ok(written) = Template::compile(&json!(text)) {
            let moved = Template::compile(&moved);
            prop_assert!(moved.is_ok(), "{}: {:?}", text, moved);
            // A computed path may come to nothing that is a path; the table above has some that do not.
            if format!("{written:?}").contains("Nested") {
                return Ok(());
            }
            let before = written.render(&Document::new(payload.clone()));
            let after = moved.map(|moved| moved.render(&Document::new(json!({"r": {"s": payload}}))));
            prop_assert_eq!(Ok(before), after, "{}", text);
        }
    }
}
