use segue_handlers::{EvaluationError, Form, Language};
use serde_json::json;

use crate::{evaluation, evaluators, text};

#[tokio::test]
async fn expressions_give_json() {
    let evaluators = evaluators();
    let input = json!({"a": {"b": [1, 2.5, "x"]}, "n": null, "big": 9_007_199_254_740_992_u64, "a-b": "ü", "loop": {"iteration": 3}});
    for (source, expected) in [
        ("$.a.b", r#"[1,2.5,"x"]"#),
        ("$['a-b'] + $.a.b.length", r#""ü3""#),
        ("$.missing", "null"),
        ("$.missing?.deeper", "null"),
        ("$.n", "null"),
        ("$.loop['iteration'] < 10", "true"),
        ("$.big", "9007199254740992"),
        ("$.big + 1", "9007199254740992"),
        ("6 / 2", "3"),
        ("1 / 3", "0.3333333333333333"),
        ("-0", "0"),
        ("1e21", "1e+21"),
        ("0/0", "null"),
        ("[1/0, undefined, function(){}, Symbol('s')]", "[null,null,null,null]"),
        (
            "({u: undefined, f(){}, n: NaN, d: new Date(0)})",
            r#"{"u":null,"f":null,"n":null,"d":"1970-01-01T00:00:00.000Z"}"#,
        ),
        ("10n", "10"),
        ("'\\ud800 \\\\ud \\ud83d\\ude00'", r#""\ufffd \\ud 😀""#),
        ("(function() { var d = $.a; return {first: d.b[0]}; })()", r#"{"first":1}"#),
        ("function e() { return $.a.b[1]; } e();", "2.5"),
        ("var x = 1; x += 1; x", "2"),
        ("if ($.a) { 'yes' } else { 'no' }", r#""yes""#),
        ("($.a.b[0] === 1 && $.loop.iteration > 2) ? 'ready' : 'missing'", r#""ready""#),
        ("undeclared = 5; undeclared", "5"),
        ("console.log('x'); print(1); 7", "7"),
        ("JSON.stringify($.a)", r#""{\"b\":[1,2.5,\"x\"]}""#),
        ("Object.keys($).length // the last comment", "5"),
        ("", "null"),
        ("$.none.b", "!TypeError: cannot read property 'b' of undefined"),
        ("nothing", "!ReferenceError: nothing is not defined"),
        ("throw 'plain'", "!plain"),
        ("throw new Error('why')", "!Error: why"),
        ("throw null", "!null"),
        ("var o = {}; o.o = o; o", "!TypeError: circular reference"),
        ("\n\n$.a b", "!SyntaxError: expecting ';' (line 3)"),
        ("return 1", "!SyntaxError: return not in a function (line 1)"),
        ("let d = []; for (let i = 0; i < 200; i++) d = [d]; d", "!the result nests deeper than 90 levels"),
    ] {
        let evaluation = evaluation(Language::JavaScript, Form::Expression, source, &input);
        assert_eq!(text(&evaluators, evaluation).await, expected, "{source}");
    }
}

#[tokio::test]
async fn bodies_return() {
    let evaluators = evaluators();
    for (source, expected) in [
        ("return $.a + 1", "3"),
        ("if ($.a > 1) { return {v: 'big'} } return null; // done", r#"{"v":"big"}"#),
        ("$.a", "null"),
        ("throw {toString: null}", "!the script threw something without a text"),
    ] {
        let evaluation = evaluation(Language::JavaScript, Form::Body, source, &json!({"a": 2}));
        assert_eq!(text(&evaluators, evaluation).await, expected, "{source}");
    }
}

#[tokio::test]
async fn a_check_runs_nothing() {
    let evaluators = evaluators();
    for (form, source, wrong) in [
        (Form::Expression, "(function(){ return $.a })()", None),
        (Form::Expression, "for(;;);", None),
        (Form::Expression, "throw 1", None),
        (Form::Expression, "function e() { return 1 } e(); // x", None),
        (Form::Expression, "$.a ===", Some("SyntaxError: unexpected token in expression: '}' (line 2)")),
        (Form::Expression, "return 1", Some("SyntaxError: return not in a function (line 1)")),
        (Form::Body, "return 1", None),
        (Form::Body, "x\n y z", Some("SyntaxError: expecting ';' (line 2)")),
    ] {
        let found = evaluators.check(Language::JavaScript, form, source).await;
        assert_eq!(found.err(), wrong.map(|text| EvaluationError::Failed(text.to_owned())), "{source}");
    }
}

#[tokio::test]
async fn nothing_is_left_from_one_script_to_the_next() {
    let evaluators = evaluators();
    let run =
        |source| text(&evaluators, evaluation(Language::JavaScript, Form::Expression, source, &json!({})));
    run("globalThis.left = 1; Array.prototype.map = () => 'mine'; Object.prototype.left = 2; JSON.stringify = 0; 1").await;
    let clean = "[typeof left, ({}).left, [1].map(x => x + 1), JSON.stringify({})]";
    assert_eq!(run(clean).await, r#"["undefined",null,[2],"{}"]"#);
    run("Promise.resolve().then(() => { globalThis.left = 3 }); 1").await;
    assert_eq!(run("typeof left").await, r#""undefined""#);
}
