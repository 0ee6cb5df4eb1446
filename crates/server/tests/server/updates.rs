//! Results: what a worker may send, and what it is answered.

use reqwest::Method;
use serde_json::{Value, json};

use crate::running::Running;
use crate::sequence;

async fn task_of(server: &Running, id: &str, at: usize) -> Value {
    server.get(&format!("/api/workflow/{id}")).await.ok()["tasks"][at].clone()
}

#[tokio::test]
async fn every_result_is_answered() {
    let server = Running::new().await;
    let def = json!({"name": "a", "retryCount": 0});
    server.put("/api/metadata/taskdefs", &def).await.nothing();
    server.register(&sequence("one", &["a"])).await;
    let cases: [(Value, &str, Value); 10] = [
        (json!({"status": "COMPLETED"}), "COMPLETED", json!(null)),
        (
            json!({"status": "completed", "outputData": null, "callbackAfterSeconds": "0"}),
            "COMPLETED",
            json!(null),
        ),
        (json!({"status": "FAILED", "reasonForIncompletion": "why"}), "FAILED", json!("why")),
        (json!({"status": "FAILED", "reasonForIncompletion": {"code": 5}}), "FAILED", json!("{\"code\":5}")),
        (json!({"status": "FAILED_WITH_TERMINAL_ERROR"}), "FAILED_WITH_TERMINAL_ERROR", json!(null)),
        (json!({"status": null}), "FAILED", json!("worker returned no status")),
        (json!({"status": "", "error": "out of paper"}), "FAILED", json!("out of paper")),
        (json!({"status": null, "reasonForIncompletion": "tired"}), "FAILED", json!("tired")),
        (
            json!({"status": "COMPLETED", "logs": null, "workerId": 5, "subWorkflowId": "x", "unknown": [1]}),
            "COMPLETED",
            json!(null),
        ),
        (
            json!({"status": "COMPLETED", "outputData": {"r": null, "deep": {"a": [1, 2.5, "ä\u{1F600}"]}}}),
            "COMPLETED",
            json!(null),
        ),
    ];
    for (more, status, reason) in cases {
        let id = server.start("one", json!({})).await;
        let polled = server.poll("a").await;
        server.post("/api/tasks", &Running::result(&polled, more.clone())).await.plain();
        let task = task_of(&server, &id, 0).await;
        assert_eq!(task["status"], status, "{more}");
        assert_eq!(task.get("reasonForIncompletion").unwrap_or(&json!(null)), &reason, "{more}");
        if let Some(output) = more.get("outputData").filter(|output| output.is_object()) {
            assert_eq!(&task["outputData"], output);
        }
        // The same result again is too late, and no error.
        server.post("/api/tasks", &Running::result(&polled, more)).await.plain();
    }
}

#[tokio::test]
async fn strange_characters_do_not_cost_a_result() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let id = server.start("one", json!({})).await;
    let polled = server.poll("a").await;
    let more = json!({"outputData": {"cut": "CUT", "nul": "\0"}, "logs": [{"log": "\0\u{1b}[0m"}],
        "reasonForIncompletion": "\0".repeat(600)});
    let result = Running::result(&polled, more).to_string().replace("CUT", "\\ud83d");
    server.raw(Method::POST, "/api/tasks", result).await.plain();
    let output = &task_of(&server, &id, 0).await["outputData"];
    assert_eq!(output, &json!({"cut": "\u{FFFD}", "nul": "\0"}));
}

#[tokio::test]
async fn a_result_that_names_nothing_is_refused() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let id = server.start("one", json!({})).await;
    let polled = server.poll("a").await;
    let nobody = "0197a0c0-0000-7000-8000-000000000000";
    let task = polled["taskId"].as_str().expect("an id");
    let cases: [(Value, u16, String); 10] = [
        (json!({"taskId": null}), 400, "Task ID cannot be null or empty".into()),
        (json!({"taskId": ""}), 400, "Task ID cannot be null or empty".into()),
        (json!({"workflowInstanceId": null}), 400, "Workflow Id cannot be null or empty".into()),
        (json!({"workflowInstanceId": nobody}), 404, format!("No such workflow found by id: {nobody}")),
        (json!({"workflowInstanceId": "x"}), 404, "No such workflow found by id: x".into()),
        (json!({"taskId": "x"}), 404, "No such task found by id: x".into()),
        (json!({"taskId": id}), 404, format!("No such task found by id: {id}")),
        (json!({"taskId": format!("{}99", &task[..34])}), 404, "No such task found by id".into()),
        (
            json!({"status": "DONE"}),
            400,
            "'DONE' is no status that a result may have, expected one of IN_PROGRESS, COMPLETED, FAILED"
                .into(),
        ),
        (json!({"outputData": [1]}), 400, "outputData must be a JSON object".into()),
    ];
    for (more, status, expected) in cases {
        for path in ["/api/tasks", "/api/tasks/update-v2"] {
            let answer = server.post(path, &Running::result(&polled, more.clone())).await;
            assert!(answer.text.contains(&expected), "{more}: {answer:?}");
            answer.error(status);
        }
    }
    for status in ["TIMED_OUT", "SCHEDULED", "SKIPPED", "COMPLETED_WITH_ERRORS"] {
        server.post("/api/tasks", &Running::result(&polled, json!({"status": status}))).await.error(400);
    }
    let infinite =
        Running::result(&polled, json!({"outputData": {"x": 0}})).to_string().replace(":0}", ":1e999}");
    assert!(
        server.raw(Method::POST, "/api/tasks", infinite).await.error(400).contains("number out of range")
    );
    server.raw(Method::POST, "/api/tasks", "{\"taskId\": ").await.error(400);
    assert_eq!(task_of(&server, &id, 0).await["status"], "IN_PROGRESS");
}

#[tokio::test]
async fn update_v2_hands_out_the_next_task() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    for domain in ["blue", "blue", "green"] {
        let request = json!({"name": "one", "taskToDomain": {"a": domain}});
        server.post("/api/workflow", &request).await.plain();
    }
    let first = server.get("/api/tasks/poll/a?domain=blue&workerid=w").await.ok();
    let update = async |task: &Value, more: Value| {
        server.post("/api/tasks/update-v2", &Running::result(task, more)).await
    };
    update(&first, json!({"status": "IN_PROGRESS", "extendLease": true})).await.no_content();
    let second = update(&first, json!({})).await.ok();
    assert_eq!((&second["domain"], &second["workerId"]), (&json!("blue"), &json!("w")));
    assert_ne!(second["taskId"], first["taskId"]);
    // The answer may have been lost: the same task again, as often as asked.
    for _ in 0..2 {
        assert_eq!(update(&first, json!({})).await.ok()["taskId"], second["taskId"]);
    }
    update(&second, json!({})).await.no_content();
    // What was handed out then is done, so there is nothing to repeat.
    update(&first, json!({})).await.no_content();
    update(&second, json!({})).await.no_content();
    assert_eq!(server.get("/api/tasks/queue/size?taskType=a&domain=green").await.ok(), json!(1));
}

#[tokio::test]
async fn simultaneous_repeats_get_one_task() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    for _ in 0..10 {
        server.start("one", json!({})).await;
    }
    let first = server.poll("a").await;
    let result = Running::result(&first, json!({}));
    let repeats = (0..5).map(|_| server.post("/api/tasks/update-v2", &result));
    let answers = futures::future::join_all(repeats).await;
    let mut ids: Vec<Value> = answers.into_iter().map(|answer| answer.ok()["taskId"].clone()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    server.eventually("/api/tasks/queue/size?taskType=a", json!(8)).await;
}

#[tokio::test]
async fn a_task_in_progress_goes_back_to_its_queue() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    server.start("one", json!({})).await;
    let task = server.poll("a").await;
    let progress = json!({"status": "IN_PROGRESS", "outputData": {"half": true}, "callbackAfterSeconds": 0});
    server.post("/api/tasks/update-v2", &Running::result(&task, progress)).await.no_content();
    let again = server.poll("a").await;
    assert_eq!((&again["taskId"], &again["pollCount"]), (&task["taskId"], &json!(2)));
    assert_eq!(again["outputData"], json!({"half": true}));
    // A heartbeat changes nothing and is never refused, not even when it is late.
    let beat = json!({"status": "IN_PROGRESS", "extendLease": "True", "outputData": {}});
    server.post("/api/tasks", &Running::result(&again, beat.clone())).await.plain();
    server.post("/api/tasks", &Running::result(&again, json!({}))).await.plain();
    server.post("/api/tasks", &Running::result(&again, beat)).await.plain();
}

#[tokio::test]
async fn late_results_are_accepted_and_ignored() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let id = server.start("one", json!({})).await;
    let task = server.poll("a").await;
    server.delete(&format!("/api/workflow/{id}")).await.nothing();
    let result = Running::result(&task, json!({"outputData": {"late": true}}));
    assert_eq!(server.post("/api/tasks", &result).await.plain(), task["taskId"].as_str().expect("an id"));
    server.post("/api/tasks/update-v2", &result).await.no_content();
    let task = task_of(&server, &id, 0).await;
    assert_eq!((&task["status"], &task["outputData"]), (&json!("CANCELED"), &json!({})));
}
