use std::time::Duration;

use segue_handlers::EvaluationError::{Failed, OutOfMemory, TimedOut};
use segue_handlers::{EvaluationError, EvaluatorOptions, Evaluators, Language};

use crate::{options, script};

const LIMIT_MS: u64 = 600;

fn evaluators() -> Evaluators {
    let time_limit = Duration::from_millis(LIMIT_MS);
    Evaluators::new(EvaluatorOptions {
        time_limit,
        memory_bytes: 64 << 20,
        result_bytes_max: 1 << 20,
        ..options()
    })
}

/// How a script may end. Which limit it meets first depends on the speed of the machine where there are several.
fn ended(error: &EvaluationError) -> &'static str {
    match error {
        TimedOut { limit_ms: LIMIT_MS } => "time",
        OutOfMemory => "memory",
        Failed(message) if message.contains("stack") || message.contains("too deeply") => "depth",
        Failed(message) if message.contains(" length") || message.contains("larger than") => "size",
        _ => "otherwise",
    }
}

#[tokio::test]
async fn each_bomb_ends_at_its_limit_and_costs_one_evaluation() {
    let evaluators = evaluators();
    let mut wrong = Vec::new();
    for (language, source, limits) in [
        (Language::JavaScript, "for (;;);", "time"),
        (Language::JavaScript, "for (;;) { try { for (;;); } catch (e) {} }", "time"),
        (Language::JavaScript, "let a = []; for (;;) a.push(new Uint8Array(1e6))", "memory time"),
        (
            Language::JavaScript,
            "let a = []; for (;;) { try { a.push(new Array(1e5).fill(1)) } catch (e) {} }",
            "time",
        ),
        (Language::JavaScript, "function f() { return f() + 1 } f()", "depth"),
        (Language::JavaScript, "let a = []; for (;;) a = [a]", "time memory"),
        (Language::JavaScript, "new Array(1e9) + ''", "time memory"),
        (Language::JavaScript, "'x'.repeat(2 ** 30)", "size"),
        (Language::JavaScript, "'x'.repeat(2 ** 30 - 1)", "memory"),
        (Language::JavaScript, "'x'.repeat(2 ** 21)", "size"),
        (Language::JavaScript, "/(a+)+$/.test('a'.repeat(40) + 'b')", "time"),
        (Language::JavaScript, "'a'.repeat(1e5).match(/(.*)(.*)(.*)(.*)x/)", "time"),
        (Language::JavaScript, "JSON.parse('['.repeat(1e6))", "depth"),
        (Language::JavaScript, "new Uint8Array(2 ** 31)", "size"),
        (Language::JavaScript, "eval('('.repeat(1e6))", "depth"),
        (Language::JavaScript, "[...Array(1e7)].sort(() => Math.random() - 0.5)", "time memory"),
        (Language::Jq, "def f: 1 + f; f", "depth"),
        (Language::Jq, "[range(1e9)]", "memory time"),
        (Language::Jq, "repeat(.)", "size time"),
        (Language::Jq, "last(repeat(.))", "time"),
        (Language::Jq, "[limit(1e9; repeat(\"x\"))] | length", "memory time"),
        (Language::Jq, "\"x\" * 1000000000", "memory"),
        (Language::Jq, "def f: [.] | f; f", "time memory"),
        (Language::Jq, "reduce range(1e6) as $i (1; [.])", "depth size time"),
        (Language::Jq, "null | .[1000000000] = 1", "memory"),
        (Language::Jq, &format!("{}1{}", ".[".repeat(40), "] = 1".repeat(40)), "memory time depth"),
    ] {
        let source_start: String = source.chars().take(60).collect();
        let result = script(&evaluators, language, source).await;
        if !result.as_ref().is_err_and(|error| limits.split(' ').any(|limit| limit == ended(error))) {
            wrong.push(format!("{source_start}: {:?}", result.map(|json| json.text().len())));
        }
        let next = script(&evaluators, language, "1 + 1").await.map(|json| json.text().to_owned());
        assert!(matches!(next.as_deref(), Ok("2" | "[2]")), "after {source_start}: {next:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
