use std::time::Duration;

use segue_handlers::{EvaluationError, EvaluatorOptions, Evaluators, Form, Language};
use serde_json::json;

use crate::{evaluation, evaluators, options, script, text};

/// Whether the system can confine Python. Where it cannot, scripts must be refused with that reason.
async fn is_confined(evaluators: &Evaluators) -> bool {
    match script(evaluators, Language::Python, "1").await {
        Err(EvaluationError::Unavailable(reason)) if reason.contains("Landlock") => false,
        other => {
            assert_eq!(other.expect("Python runs").text(), "1");
            true
        }
    }
}

#[tokio::test]
async fn expressions_and_statements_give_json() {
    let evaluators = evaluators();
    if !is_confined(&evaluators).await {
        return;
    }
    let input = json!({"a": {"b": [1, 2.5, "x"]}, "n": null, "items": 3, "t": "ü$"});
    for (form, source, expected) in [
        (Form::Expression, "$.a.b", r#"[1,2.5,"x"]"#),
        (Form::Expression, "$['a']['b'][1] + $.items", "5.5"),
        (Form::Expression, "$.missing", "null"),
        (Form::Expression, "'$.a' + $.t  # not $ here", r#""$.aü$""#),
        (Form::Expression, "x = 1\nfor i in range(3):\n    x += i\nx", "4"),
        (Form::Expression, "def f():\n    return {'v': $.items}\nf()", r#"{"v":3}"#),
        (
            Form::Expression,
            "import math, re\n[math.floor(2.5), bool(re.match('ü', $.t)), (1, 2), float('nan')]",
            "[2,true,[1,2],null]",
        ),
        (Form::Expression, "print('x'); 1", "1"),
        (Form::Expression, "x = 1", "null"),
        (Form::Body, "if $.items > 2:\n    return 'many'\nreturn 'few'", r#""many""#),
        (Form::Expression, "1 / 0", "!ZeroDivisionError: division by zero"),
        (Form::Expression, "$.a +", "!SyntaxError: invalid syntax (line 1)"),
        (Form::Expression, "object()", "!TypeError: a result of type object has no JSON"),
        (Form::Expression, "x = []\nx.append(x)\nx", "!ValueError: the result nests deeper than 90 levels"),
        (Form::Expression, "raise SystemExit(3)", "!SystemExit: 3"),
    ] {
        let found = text(&evaluators, evaluation(Language::Python, form, source, &input)).await;
        assert_eq!(
            found.replace(", ", ",").replace(": ", ":"),
            expected.replace(", ", ",").replace(": ", ":"),
            "{source}"
        );
    }
    let check = |source: &'static str| evaluators.check(Language::Python, Form::Expression, source);
    assert_eq!(check("open('/etc/passwd')").await, Ok(()));
    assert!(
        matches!(check("if x").await, Err(EvaluationError::Failed(text)) if text.starts_with("SyntaxError: "))
    );
}

#[tokio::test]
async fn the_system_confines_it() {
    let evaluators = evaluators();
    if !is_confined(&evaluators).await {
        return;
    }
    for (source, error) in [
        ("open('/etc/passwd').read()", "PermissionError"),
        ("open('/proc/self/environ').read()", "PermissionError"),
        ("open('/tmp/left', 'w')", "PermissionError"),
        ("import os\nos.listdir('/')", "PermissionError"),
        ("import os\nos.kill(os.getppid(), 0)", "PermissionError"),
        ("import os\nos.fork()", "PermissionError"),
        ("import os\nos.execv('/bin/sh', ['sh'])", "PermissionError"),
        ("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)", "PermissionError"),
        ("import os\nos.chmod('/tmp', 0o1777)", "PermissionError"),
        ("import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "ValueError: not allowed"),
        ("import subprocess\nsubprocess.run(['true'])", "PermissionError"),
    ] {
        let result = script(&evaluators, Language::Python, source).await;
        assert!(
            matches!(&result, Err(EvaluationError::Failed(text)) if text.starts_with(error)),
            "{source}: {result:?}"
        );
    }
    let environment =
        script(&evaluators, Language::Python, "import os\nsorted(os.environ)").await.expect("names");
    assert!(!environment.text().contains("PATH"), "{environment:?}");
}

#[tokio::test]
async fn its_bombs_end_at_their_limits() {
    let evaluators =
        Evaluators::new(EvaluatorOptions { time_limit: Duration::from_millis(1_500), ..options() });
    if !is_confined(&evaluators).await {
        return;
    }
    let run = |source| script(&evaluators, Language::Python, source);
    assert_eq!(run("while True: pass").await, Err(EvaluationError::TimedOut { limit_ms: 1_500 }));
    assert_eq!(run("'x' * (1 << 30)").await, Err(EvaluationError::OutOfMemory));
    let deep = run("def f(): return f() + 1\nf()").await;
    assert!(
        matches!(&deep, Err(EvaluationError::Failed(text)) if text.starts_with("RecursionError")),
        "{deep:?}"
    );
    let large = run("'x' * (20 << 20)").await;
    assert!(
        matches!(&large, Err(EvaluationError::Failed(text)) if text.starts_with("the result is larger")),
        "{large:?}"
    );
    assert_eq!(run("1").await.expect("a result").text(), "1");
}

#[tokio::test]
async fn who_only_waits_is_ended_by_the_clock() {
    if !is_confined(&evaluators()).await {
        return;
    }
    let time_limit = Duration::from_millis(100);
    let evaluators = Evaluators::new(EvaluatorOptions { time_limit, limits_by_the_clock: 2, ..options() });
    let waited = script(&evaluators, Language::Python, "import time\ntime.sleep(3600)").await;
    assert_eq!(waited, Err(EvaluationError::TimedOut { limit_ms: 100 }));
}

#[tokio::test]
async fn without_an_interpreter_it_is_unavailable() {
    for python in ["no-such-python", "/no/such/python"] {
        let evaluators = Evaluators::new(EvaluatorOptions { python: python.into(), ..options() });
        let error = script(&evaluators, Language::Python, "1").await.expect_err("no Python");
        assert!(
            matches!(&error, EvaluationError::Unavailable(reason) if reason.contains(python)),
            "{error:?}"
        );
    }
}
