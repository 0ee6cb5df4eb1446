use std::fs::File;
use std::sync::Arc;

use segue_handlers::{EvaluationError, EvaluatorOptions, Evaluators, Form, Language};
use serde_json::json;

use crate::{evaluation, evaluators, options, script, text};

#[tokio::test]
async fn a_script_has_no_host() {
    let evaluators = evaluators();
    for name in [
        "require",
        "process",
        "module",
        "std",
        "os",
        "Deno",
        "Bun",
        "fetch",
        "XMLHttpRequest",
        "WebSocket",
        "Java",
        "load",
        "read",
        "setTimeout",
        "Worker",
        "WebAssembly",
        "scriptArgs",
        "importScripts",
    ] {
        let found = script(&evaluators, Language::JavaScript, &format!("typeof {name}")).await;
        assert_eq!(found.expect("a type").text(), r#""undefined""#, "{name}");
    }
    let import =
        script(&evaluators, Language::JavaScript, "import('std').then(m => { $.got = 1 }); typeof $").await;
    assert_eq!(import.expect("a promise that nobody keeps").text(), r#""object""#);
    for source in ["env", "$ENV"] {
        let found = script(&evaluators, Language::Jq, source).await.expect("an object");
        assert_eq!(found.text(), "[{}]");
    }
}

/// Looks at a child from outside, while it waits for its next script.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_has_given_up_what_it_could_do() {
    let _inherited = File::open("/etc/hosts")
        .map(|file| rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).map(|()| file));
    // Other tests have children, too: this one is known by its limit.
    let memory_bytes = 96_123_456;
    let evaluators = Evaluators::new(EvaluatorOptions { memory_bytes, ..options() });
    script(&evaluators, Language::JavaScript, "1").await.expect("a result");
    let child =
        children().into_iter().find(|child| environment(child).contains("96123456")).expect("a child");
    let environment = environment(&child);
    let names: Vec<&str> = environment
        .split('\0')
        .filter_map(|entry| entry.split('=').next())
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(names, ["MIMALLOC_ARENA_EAGER_COMMIT", "SEGUE_EVALUATOR"]);
    let status = std::fs::read_to_string(format!("/proc/{child}/status")).expect("a status");
    assert!(status.contains("NoNewPrivs:\t1"), "{status}");
    assert!(status.contains("Seccomp:\t2"), "{status}");
    let limits = std::fs::read_to_string(format!("/proc/{child}/limits")).expect("limits");
    for limit in ["Max file size             0", "Max processes             0", "Max open files            0"]
    {
        assert!(limits.contains(limit), "{limit} in {limits}");
    }
    let open: Vec<String> = std::fs::read_dir(format!("/proc/{child}/fd"))
        .expect("descriptors")
        .flatten()
        .filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .map(|path| path.to_string_lossy().into_owned())
        .filter(|path| !path.starts_with("pipe:") && !path.ends_with("/statm"))
        .collect();
    assert_eq!(open, Vec::<String>::new());
}

#[cfg(target_os = "linux")]
fn children() -> Vec<String> {
    let own = std::process::id();
    let tasks = std::fs::read_dir(format!("/proc/{own}/task")).expect("threads").flatten();
    let texts = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    texts.flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[cfg(target_os = "linux")]
fn environment(process: &str) -> String {
    std::fs::read_to_string(format!("/proc/{process}/environ")).unwrap_or_default()
}

#[tokio::test]
async fn what_is_no_evaluator_says_so() {
    let missing = EvaluatorOptions { program: Some("/nowhere/segue".into()), ..options() };
    let other = EvaluatorOptions { program: Some("/bin/echo".into()), ..options() };
    for options in [missing, other] {
        let error = script(&Evaluators::new(options), Language::JavaScript, "1").await.expect_err("no child");
        assert!(
            matches!(&error, EvaluationError::Unavailable(reason) if reason.starts_with("scripts cannot be run: ")),
            "{error:?}"
        );
    }
}

/// A share with a full queue is refused by name; others go on, and a caller who leaves frees its place.
#[tokio::test]
async fn shares_are_bounded_and_callers_may_leave() {
    let evaluators = Evaluators::new(EvaluatorOptions { slots: 2, waiting_max: 1, ..options() });
    let hang = |share: &str| {
        let evaluators = evaluators.clone();
        let mut evaluation = evaluation(Language::JavaScript, Form::Expression, "for(;;);", &json!(null));
        evaluation.share = Arc::from(share);
        tokio::spawn(async move { evaluators.evaluate(evaluation).await })
    };
    let hung = [hang("greedy"), hang("greedy")];
    let busy = loop {
        let third = hang("greedy");
        tokio::task::yield_now().await;
        if third.is_finished() {
            break third.await.expect("an answer").expect_err("no room");
        }
        third.abort();
    };
    assert_eq!(busy, EvaluationError::Busy { share: "greedy".into(), waiting_max: 1 });
    let other = evaluation(Language::JavaScript, Form::Expression, "1", &json!(null));
    assert_eq!(text(&evaluators, other.clone()).await, "1");
    for hung in hung {
        hung.abort();
        assert!(hung.await.is_err());
    }
    let mut same = other;
    same.share = "greedy".into();
    assert_eq!(text(&evaluators, same).await, "1");
}
