//! `delay` and `log`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use segue_handlers::letrun::{Done, Level, run_to_end};
use serde_json::{Value, json};

use crate::{error, result, run, services};

#[tokio::test]
async fn a_delay_pauses_and_keeps_its_instant() {
    let mut services = services();
    services.now_ms = 1_000_000;
    for (time, ms) in [
        (json!("1s"), 1_000),
        (json!("2m"), 120_000),
        (json!("3 hours"), 10_800_000),
        (json!("1.5 Days"), 129_600_000),
        (json!(".5s"), 500),
        (json!("250"), 250),
        (json!(250), 250),
        (json!("100 msecs"), 100),
        (json!("1 week"), 604_800_000),
        (json!("1y"), 31_557_600_000_u64),
    ] {
        let done = run(&services, "delay", &json!({"time": time})).await.expect("a pause");
        assert_eq!(done.park, Some(Duration::from_millis(ms)), "{time}");
    }
    let parameters = json!({"time": "10s", "data": {"a": null}});
    let first = run(&services, "delay", &parameters).await.expect("a pause");
    services.earlier = first.output.clone();
    services.now_ms += 4_000;
    let again = run(&services, "delay", &parameters).await.expect("a pause");
    assert_eq!(again, Done { park: Some(Duration::from_secs(6)), ..first });
    services.now_ms += 6_000;
    let done = run(&services, "delay", &parameters).await.expect("the end");
    assert_eq!(done, Done { output: json!({"result": {"a": null}}), park: None });
    let nothing = run(&services, "delay", &json!({"time": "-5s"})).await.expect("the end");
    assert_eq!(nothing.output, json!({}));
}

#[tokio::test]
async fn a_time_that_is_none_is_named() {
    let services = services();
    for time in [
        json!("soon"),
        json!(""),
        json!("1 fortnight"),
        json!("1.2.3s"),
        json!("1 s 2"),
        json!(null),
        json!(1e300),
    ] {
        let (text, terminal) = error(&services, "delay", &json!({"time": time})).await;
        let named = format!("found {time}");
        assert!(text.contains("\"time\" must be milliseconds or a time") && text.ends_with(&named), "{text}");
        assert!(terminal);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_without_a_queue_waits() {
    let before = tokio::time::Instant::now();
    let input = json!({"task": "t", "parameters": {"time": "1h", "data": 7}});
    let output = run_to_end("letrun.delay", &input, &services()).await;
    assert_eq!(output, Ok(json!({"result": 7})));
    assert!(before.elapsed() >= Duration::from_secs(3600));
}

#[tokio::test]
async fn lines_go_to_the_log() {
    let mut services = services();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = lines.clone();
    services.logger = Arc::new(move |level: Level, text: &str| {
        seen.lock().expect("no panic").push((level, text.to_owned()));
    });
    for parameters in [
        json!({"message": "hello"}),
        json!({"message": {"a": [1]}, "level": "WARN"}),
        json!({"message": 5, "level": "debug"}),
        json!({"message": null, "level": "error"}),
    ] {
        assert_eq!(result(&services, "log", &parameters).await, Value::Null);
    }
    let lines = lines.lock().expect("no panic").clone();
    let expected =
        [(Level::Info, "hello"), (Level::Warn, r#"{"a":[1]}"#), (Level::Debug, "5"), (Level::Error, "null")];
    assert_eq!(lines, expected.map(|(level, text)| (level, text.to_owned())));
}
