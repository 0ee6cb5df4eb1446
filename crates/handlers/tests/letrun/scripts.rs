//! `lambda`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{error, result, run, services, services_within};

#[tokio::test]
async fn javascript_yields_its_last_value() {
    let services = services();
    for (source, expected) in [
        ("input.a + 1", json!({"result": 3})),
        ("const f = x => x * input.a; f(4)", json!({"result": 8})),
        ("const input2 = 1; var x = 5", json!({})),
        ("undefined", json!({})),
        ("null", json!({"result": null})),
        ("({a: undefined, b: [undefined], c: 10n})", json!({"result": {"b": [null], "c": 10}})),
        ("Promise.resolve(input).then(i => i.a)", json!({"result": 2})),
        ("(async () => { await null; return 'later' })()", json!({"result": "later"})),
        ("input.item = 0; input.item", json!({"result": 0})),
        (
            "console.log('x'); typeof process + typeof require + typeof $",
            json!({"result": "undefinedundefinedundefined"}),
        ),
        ("typeof input.constructor.constructor('return this')().process", json!({"result": "undefined"})),
    ] {
        let done = run(&services, "lambda", &json!({"expression": source, "input": {"a": 2}})).await;
        assert_eq!(done.expect(source).output, expected, "{source}");
    }
    assert_eq!(result(&services, "lambda", &json!({"expression": "typeof input"})).await, json!("undefined"));
    for (source, expected) in [
        ("throw new TypeError('boom')", "TypeError: boom"),
        ("nothing.at.all", "ReferenceError: nothing is not defined"),
        ("Promise.reject(new RangeError('late'))", "RangeError: late"),
        ("new Promise(() => {})", "Error: the script waits for something that never happens"),
        ("throw 'text'", "Error: text"),
        ("1 +\n*", "SyntaxError: "),
    ] {
        let (text, terminal) = error(&services, "lambda", &json!({"expression": source})).await;
        assert!(text.starts_with(expected) && !terminal, "{source}: {text}");
    }
    let own = "const e = new Error('stop'); e.name = 'InvalidParameterError'; throw e";
    assert!(error(&services, "lambda", &json!({"expression": own})).await.1, "an error's name decides");
}

#[tokio::test]
async fn python_assigns_its_output() {
    let services = services();
    let lambda =
        |source: &str| json!({"expression": source, "language": "python", "input": {"items": [1, 2]}});
    let first = run(&services, "lambda", &lambda("output = 1")).await;
    if first.as_ref().is_err_and(|failed| failed.message.contains("Landlock")) {
        assert!(first.expect_err("refused").terminal, "no other attempt helps");
        return;
    }
    assert_eq!(first.expect("Python runs").output, json!({"result": 1}));
    for (source, expected) in [
        ("output = {'n': sum(context['input']['items'])}", json!({"n": 3})),
        (
            "print('noise')\ndef f(x):\n    return x * 2\noutput = [f(i) for i in context['input']['items']]",
            json!([2, 4]),
        ),
        ("if __name__ == '__main__':\n    output = context.get('nothing', 'none')", json!("none")),
        ("'$' # no dollar is touched\noutput = '$'", json!("$")),
        ("x = 1", Value::Null),
    ] {
        assert_eq!(result(&services, "lambda", &lambda(source)).await, expected, "{source}");
    }
    for (source, expected) in [
        ("output = context['input']['nope']", "KeyError: 'nope'"),
        ("\noutput = (", "SyntaxError: "),
        ("open('/etc/passwd')", "PermissionError: "),
    ] {
        let (text, _) = error(&services, "lambda", &lambda(source)).await;
        assert!(text.starts_with(expected), "{source}: {text}");
    }
}

#[tokio::test]
async fn endless_scripts_and_memory_bombs_end() {
    let quick = services_within(Duration::from_millis(500));
    let patient = services();
    for (services, source, expected) in [
        (&quick, "for (;;) {}", "TimeoutError: the script took longer than 500 ms"),
        (&quick, "const f = () => Promise.resolve().then(f); f()", "TimeoutError: "),
        (
            &patient,
            "const a = []; for (;;) a.push(new Array(1e6).fill(1))",
            "RangeError: the script took more memory",
        ),
        (&patient, "'x'.repeat(1 << 29)", "RangeError: the script took more memory"),
    ] {
        let (text, _) = error(services, "lambda", &json!({"expression": source})).await;
        assert!(text.starts_with(expected), "{source}: {text}");
    }
    assert_eq!(result(&patient, "lambda", &json!({"expression": "1"})).await, json!(1));
}
