//! `for`, `iterate` and `while`.

use segue_handlers::letrun::ROUNDS_MAX;
use serde_json::{Value, json};

use crate::{error, result, run_with, services};

#[tokio::test]
async fn counted_loops_go_up_and_down() {
    let services = services();
    for (parameters, indices, last) in [
        (json!({"from": 1, "to": 3}), json!([1, 2, 3]), json!(4)),
        (json!({"from": 5, "to": 3}), json!([]), json!(5)),
        (json!({"from": 5, "to": 3, "step": -1}), json!([5, 4, 3]), json!(2)),
        (json!({"from": 0, "to": 5, "step": 2}), json!([0, 2, 4]), json!(6)),
        (json!({"from": "1", "to": " 2 ", "step": "1"}), json!([1, 2]), json!(3)),
        (json!({"from": 0.5, "to": 1.5, "step": 0.5}), json!([0.5, 1, 1.5]), json!(2)),
        (json!({"from": 3, "to": 3, "step": -1}), json!([3]), json!(2)),
    ] {
        let found = result(&services, "for", &parameters).await;
        let rounds = found["rounds"].as_array().expect("rounds").clone();
        let found_indices: Value = rounds.iter().map(|round| round["index"].clone()).collect();
        assert_eq!((found_indices, &found["final"]["index"]), (indices, &last), "{parameters}");
        assert_eq!(found["final"]["iteration"], rounds.len(), "{parameters}");
        assert!(rounds.iter().enumerate().all(|(at, round)| round["iteration"] == at), "{parameters}");
    }
    let none = result(&services, "for", &json!({"from": 5, "to": 3})).await;
    let text = none["final"].to_string();
    assert_eq!(text, r#"{"index":5,"iteration":0,"from":5,"to":3,"step":1}"#);
    let tenths = result(&services, "for", &json!({"from": 0, "to": 0.3, "step": 0.1})).await;
    assert_eq!(tenths["final"]["iteration"], 4, "what sums of fractions lose costs no round");
}

#[tokio::test]
async fn loops_without_an_end_are_refused() {
    let services = services();
    for (parameters, expected) in [
        (json!({"from": 1, "to": 2, "step": 0}), "\"step\" must not be 0"),
        (json!({"from": 1, "to": ROUNDS_MAX + 1}), "task \"t\" (for) has more than 100000 rounds"),
        (json!({"from": 0, "to": 1, "step": 1e-300}), "more than 100000 rounds"),
        (json!({"from": "a", "to": 1}), "\"from\" must be a number, found \"a\""),
    ] {
        let (text, terminal) = error(&services, "for", &parameters).await;
        assert!(text.contains(expected) && terminal, "{parameters}: {text}");
    }
    let most = result(&services, "for", &json!({"from": 1, "to": ROUNDS_MAX})).await;
    assert_eq!(most["final"]["iteration"], ROUNDS_MAX);
    let many = json!({"items": vec![0; ROUNDS_MAX + 1]});
    assert!(error(&services, "iterate", &many).await.0.contains("more than 100000 rounds"));
}

#[tokio::test]
async fn every_item_has_its_round() {
    let services = services();
    let items = json!([0, 1, null, "", false, {"a": 1}]);
    for parameters in [json!({"items": items}), json!({"items": items.to_string()})] {
        let found = result(&services, "iterate", &parameters).await;
        let seen: Value =
            found["rounds"].as_array().expect("rounds").iter().map(|round| round["item"].clone()).collect();
        assert_eq!(seen, items);
        assert_eq!(found["rounds"][2], json!({"iteration": 2, "item": null}));
        assert_eq!(found["final"], json!({"iteration": 6}));
    }
    let (text, _) = error(&services, "iterate", &json!({"items": {"a": 1}})).await;
    assert!(text.ends_with(r#""items" must be an array, found {"a":1}"#), "{text}");
}

#[tokio::test]
async fn conditions_see_the_loop() {
    let services = services();
    for expression in ["task.output.iteration < 3", "input.task.output.iteration < input.workflow.input.max"]
    {
        for (mode, rounds) in [("doWhile", [true, true, true, false]), ("whileDo", [true, true, true, false])]
        {
            for (at, more) in rounds.into_iter().enumerate() {
                let beside = json!({"round": at + 1, "workflow": {"input": {"max": 3}}});
                let parameters = json!({"expression": expression, "mode": mode});
                let done = run_with(&services, "while", &parameters, &beside).await.expect("an answer");
                assert_eq!(done.output, json!({"result": {"iteration": at}, "more": more}), "{expression}");
            }
        }
    }
    // Only one of the two tests before its first round.
    for (mode, more) in [("doWhile", true), ("whileDo", false)] {
        let parameters = json!({"expression": "task.parameters.mode === 'never'", "mode": mode});
        let done = run_with(&services, "while", &parameters, &json!({"round": 1})).await.expect("an answer");
        assert_eq!(done.output["more"], more, "{mode}");
    }
}
