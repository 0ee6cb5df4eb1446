//! The grammar of conditions and JavaScript's answers, as tables, and: no text may panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Condition;
use crate::expression::{Segment, select};

fn lookup(path: &[Segment]) -> Option<Value> {
    let state = json!({
        "loop": {"iteration": 3}, "iteration": 2, "value": 5, "text": "abc", "digits": "10", "empty": "",
        "yes": true, "no": false, "none": null, "list": ["x", "y"], "void": [], "object": {"k": 1}, "my key": 1,
        "float": 3.0, "zero": 0,
    });
    select(&state, path)
}

fn parsed(text: &str) -> Condition {
    Condition::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn conditions_answer_as_javascript_does() {
    let table = [
        // What definitions really say.
        ("if ($.loop['iteration'] < $.value ) { true;} else {false;} ", json!(true)),
        ("if ($.value > 0) { true; } else { false; } ", json!(true)),
        ("if ($.iteration < 2) { true; } else { false; }", json!(false)),
        ("if ($.value > 0) { false; } else { true; };", json!(false)),
        ("if ($.text) return true; else return false;", json!(true)),
        ("if ($.value) true; else true", json!(true)),
        ("$.loop['iteration'] < 100", json!(true)),
        ("(function(){ return $.loop['iteration'] < 3; })();", json!(false)),
        ("$.yes === true && $.no === true", json!(false)),
        ("$.list.length > 1 && $.text.length == 3", json!(true)),
        // Paths and literals.
        ("$.value", json!(5)),
        ("$[\"my key\"]", json!(1)),
        ("$.list[1]", json!("y")),
        ("$.missing", json!(null)),
        ("'it\\'s'", json!("it's")),
        ("\"a\"", json!("a")),
        ("1.5e1", json!(15)),
        ("-2", json!(-2)),
        // Numbers.
        ("1 < 2", json!(true)),
        ("2 <= 2 && 2 >= 2 && !(2 > 2)", json!(true)),
        ("$.float === 3", json!(true)),
        ("$.digits > 9", json!(true)),
        ("$.digits > '9'", json!(false)),
        ("$.digits == 10", json!(true)),
        ("$.digits === 10", json!(false)),
        ("'abc' < 'abd'", json!(true)),
        ("'abc' < 1 || 'abc' >= 1", json!(false)),
        ("'' == 0 && ' 0x10 ' == 16", json!(true)),
        ("'inf' > 1 || 'Infinity' < 1", json!(false)),
        ("true == 1 && false == '0' && true > 0", json!(true)),
        ("1 < 2 < 3", json!(true)),
        ("3 > 2 > 1", json!(false)),
        // null and undefined.
        ("null == undefined && null !== undefined", json!(true)),
        ("$.missing == null && $.missing === undefined", json!(true)),
        ("$.none === null && $.none == undefined", json!(true)),
        ("null == 0", json!(false)),
        ("null >= 0", json!(true)),
        ("undefined >= 0 || $.missing < 1", json!(false)),
        ("$.missing != 1", json!(true)),
        // Lists and objects.
        ("$.list == 'x,y'", json!(true)),
        ("$.void == 0", json!(true)),
        ("$.object == '[object Object]'", json!(true)),
        // Logic gives the deciding operand.
        ("$.empty || 'fallback'", json!("fallback")),
        ("$.value && $.text", json!("abc")),
        ("$.zero && $.text", json!(0)),
        ("!$.empty && !!$.void && !$.none && !$.missing", json!(true)),
        ("false || true && false", json!(false)),
        ("(false || true) && true", json!(true)),
        ("1 == 1 == true", json!(true)),
    ];
    for (text, expected) in table {
        assert_eq!(parsed(text).eval(&lookup), Ok(expected), "{text}");
    }
}

#[test]
fn a_loop_goes_on_for_true_and_positive_numbers_only() {
    let table = [
        ("true", true),
        ("1", true),
        ("0.5", true),
        ("0", false),
        ("-1", false),
        ("false", false),
        ("null", false),
        ("'true'", false),
        ("$.list", false),
        ("$.missing", false),
        ("if ('text') { true; } else { false; }", true),
    ];
    for (text, expected) in table {
        assert_eq!(parsed(text).holds(&lookup), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_outside_the_grammar_says_where_and_why() {
    let table = [
        ("", 0, "a path"),
        ("   ", 3, "a path"),
        ("$.a <", 5, "a path"),
        ("$.a ? 1 : 2", 4, "a path, a literal"),
        ("$.a + 1 > 2", 4, "an operator or the end"),
        ("$.a.includes('x')", 12, "calls need a script engine"),
        ("Math.random() < 1", 0, "a path"),
        ("var x = 1; x < 2", 6, "a path"),
        ("$.a = 1", 4, "a path, a literal"),
        ("$.", 2, "a name after `.`"),
        ("$[-1]", 2, "list position"),
        ("$['a'", 5, "`]`"),
        ("'open", 5, "closing quote"),
        ("(1 < 2", 6, "`)`"),
        ("if (1) { true; }", 16, "`else`"),
        ("if (1) { 5; } else { false; }", 9, "`true` or `false`"),
        ("if 1 { true; } else { false; }", 3, "`(`"),
        ("1 2", 2, "an operator or the end"),
        ("017", 3, "a decimal number"),
        ("1x", 1, "a decimal number"),
        ("'\\u0041'", 1, "escapes"),
        ("(function(){ if ($.a) return true; })()", 13, "`return`"),
    ];
    for (text, offset, expected) in table {
        let error = Condition::parse(text).expect_err(text);
        assert!(error.expected.contains(expected), "{text}: {error}");
        assert_eq!(error.offset, offset, "{text}: {error}");
    }
}

#[test]
fn depth_and_length_have_limits() {
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Condition::parse(&nested(64)).is_ok());
    assert!(Condition::parse(&nested(65)).is_err());
    assert!(Condition::parse(&nested(100_000)).is_err());
    assert!(Condition::parse(&format!("{}1", "!".repeat(100_000))).is_err());
    let chain = |length: usize| vec!["1"; length].join("&&");
    assert_eq!(parsed(&chain(257)).holds(&lookup), Ok(true));
    assert!(Condition::parse(&chain(258)).is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text in r#"(\$|\.a|\['a'\]|\[0\]|<|<=|==|===|!|&&|\|\||\(|\)|if|else|\{|\}|true|;|1|-|'x'|"| |é|\\|0x|e){0,24}"#) {
        if let Ok(condition) = Condition::parse(&text) {
            let _ = condition.holds(&lookup);
        }
    }
}
