//! No text panics, and the engine takes whatever comes out.

use proptest::prelude::*;
use segue_core::definition::validate;
use segue_core::plan;
use segue_dialects::Document;
use segue_dialects::letrun::{Options, compile, is_letrun, to_letrun};
use serde_json::{Map, Value, json};

/// Names with everything that could get into the way.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-e]",
        "[a-e]_(begin|branch|fork|join|test)",
        "[a-c]__[0-2]",
        "[a-c .\\-'\"\\\\\\[\\]{}$\n]{1,6}",
        Just("workflow".to_owned()),
        Just("input".to_owned()),
        Just("task".to_owned()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let path = prop_oneof![
        name(),
        Just("input.x".to_owned()),
        Just("task.output.item".to_owned()),
        "[a-e]\\.(output|parameters|status|taskDef)(\\.[a-z0-9]{1,2}|\\[-?[0-9]\\]|\\['[a-z ]'\\]|\\.\\*|\\.length){0,3}",
    ];
    let operand = prop_oneof![4 => path, 1 => "'[a-z}'\\\\$]{0,4}'", 1 => "[0-9.]{1,3}|null|true"];
    let hole =
        prop::collection::vec(operand, 0..3).prop_map(|operands| format!("${{{}}}", operands.join(" ?? ")));
    let piece = prop_oneof![hole, "[a-z${}'\\\\? ]{0,6}"];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn parameters() -> impl Strategy<Value = Value> {
    prop::collection::vec(("[a-z]{1,3}", text()), 0..3).prop_map(|fields| {
        fields.into_iter().map(|(key, text)| (key, text.into())).collect::<Map<_, _>>().into()
    })
}

fn task() -> impl Strategy<Value = Value> {
    let handler = prop_oneof![Just("x.js"), Just("package:p@1.0.0:t"), Just("exec")];
    let leaf = (handler, parameters(), any::<bool>()).prop_map(|(handler, parameters, ignore)| {
        json!({"handler": handler, "parameters": parameters, "ignoreError": ignore})
    });
    leaf.prop_recursive(4, 24, 3, |inner| {
        let block = move || {
            let tasks = prop::collection::vec((name(), inner.clone()), 0..3);
            (tasks, any::<bool>()).prop_map(|(tasks, is_list)| block(tasks, is_list))
        };
        prop_oneof![
            (block(), parameters()).prop_map(|(tasks, parameters)| json!({"handler": "x.js", "tasks": tasks, "parameters": parameters})),
            (block(), block(), text()).prop_map(|(then, other, left)| json!({"handler": "if", "then": then, "else": other, "parameters": {"left": left, "operator": "=="}})),
            (block(), text(), block(), any::<bool>()).prop_map(|(case, name, default, ignore)| json!({"handler": "switch", "decisionCases": {name: case}, "defaultCase": default, "ignoreError": ignore, "parameters": {"expression": "x"}})),
            (block(), any::<bool>()).prop_map(|(body, ignore)| json!({"handler": "for", "loopOver": body, "ignoreError": ignore, "parameters": {"from": 1, "to": 3}})),
            block().prop_map(|body| json!({"handler": "while", "loopOver": body, "parameters": {"expression": "workflow.id"}})),
            (block(), block(), block()).prop_map(|(tasks, catch, last)| json!({"handler": "catch", "tasks": tasks, "catch": catch, "finally": last})),
            (block(), parameters()).prop_map(|(tasks, input)| json!({"handler": "workflow", "parameters": {"workflow": {"name": "child", "tasks": tasks}, "input": input}})),
        ]
    })
}

fn block(tasks: Vec<(String, Value)>, is_list: bool) -> Value {
    if !is_list {
        return Value::Object(tasks.into_iter().collect());
    }
    let named = tasks.into_iter().map(|(name, mut task)| {
        task["name"] = name.into();
        task
    });
    named.collect()
}

/// Makes names different from each other, so that more than duplicates is found.
fn distinct(value: &mut Value, seen: &mut std::collections::HashSet<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| distinct(item, seen)),
        Value::Object(fields) => {
            if let Some(Value::String(name)) = fields.get_mut("name") {
                while !seen.insert(name.clone()) {
                    name.push('x');
                }
            }
            fields.values_mut().for_each(|value| distinct(value, seen));
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_takes_what_comes_out(task in task(), more in task(), name in name(), strict: bool, host_does_all: bool) {
        let mut tasks = json!([task, more]);
        tasks[0]["name"] = name.into();
        tasks[1]["name"] = "last".into();
        distinct(&mut tasks, &mut std::collections::HashSet::new());
        let text = json!({"name": "w", "tasks": tasks}).to_string();
        let options = Options { strict, host_does_all, ..Options::default() };
        if let Ok(compiled) = compile(&Document::new(&text), &options) {
            let violations = validate(&compiled.definition, &|_| None);
            prop_assert!(violations.is_empty(), "{:?}\n{}", violations, text);
            let json = serde_json::to_value(&compiled.definition).expect("writes");
            let again = serde_json::from_value(json).expect("reads");
            prop_assert_eq!(&compiled.definition, &again);
            let planned = plan::compile(plan::blueprint(&again, &|_| None));
            prop_assert!(planned.is_ok(), "{:?}\n{}", planned.err(), text);
            if !strict {
                let (file, losses) = to_letrun(&compiled.definition).expect("it was a letrun file");
                prop_assert!(losses.is_empty(), "{:?}\n{}", losses, text);
                let file = file.to_string();
                let twice = compile(&Document::new(&file), &options);
                let twice = twice.map_err(|found| TestCaseError::fail(format!("{found:?}\n{text}\n{file}")))?;
                prop_assert_eq!(&twice.definition, &compiled.definition, "{}\n{}", text, file);
            }
        } else if !strict {
            // Names are made different within lists only.
            let found = compile(&Document::new(&text), &options).expect_err("refused");
            let is_expected = |message: &str| message.contains("duplicated") || message.contains("cannot be empty");
            prop_assert!(found.iter().all(|found| is_expected(&found.message)), "{:?}\n{}", found, text);
        }
    }

    #[test]
    fn no_text_panics(text in "[\\[\\]{}\",:a-z0-9 \n$'-]{0,60}", tail in ".{0,20}") {
        for text in [text.clone(), format!("name: w\ntasks:\n  - name: a\n    handler: {text}{tail}\n"), format!("{{\"name\": \"w\", \"tasks\": {text}")] {
            is_letrun(&text);
            drop(compile(&Document::new(&text), &Options::default()));
        }
    }

    #[test]
    fn no_value_panics(fields in prop::collection::vec(
        (prop::sample::select(vec!["name", "handler", "tasks", "then", "loopOver", "decisionCases", "catch", "parameters", "retryCount", "title", "input", "retryDelaySeconds"]),
         prop::sample::select(vec![json!(null), json!(5), json!("if"), json!("while"), json!([]), json!({}), json!([{"name": "a"}]), json!({"a": {"handler": "catch"}}), json!({"a": 5, "file": "x"}), json!(-1.5), json!(1e300)])), 0..8))
    {
        let task: Map<String, Value> = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        for value in [Value::Object(task.clone()), json!({"name": "w", "tasks": [task]}), json!({"name": "w", "tasks": {"t": task}})] {
            drop(compile(&Document::new(&value.to_string()), &Options::default()));
        }
    }
}
