//! Starters and workers that talk to any server, and remember what they were told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::faults::Urls;

const STARTERS: usize = 2;
const WORKERS: usize = 6;
/// So many starts are under way at most, so that the end comes soon after the faults.
const OPEN_MAX: usize = 2000;
/// A stopped server does not answer at all.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) struct Clients {
    http: reqwest::Client,
    urls: Urls,
    calls: AtomicUsize,
    is_starting: AtomicBool,
    started: Mutex<Vec<String>>,
    /// Who was handed which attempt, by its id and how often it had been handed out.
    claims: Mutex<BTreeMap<(String, u64), Vec<String>>>,
}

impl Clients {
    pub(super) fn new(urls: Urls) -> Self {
        Self {
            http: segue_testkit::http_within(PATIENCE),
            urls,
            calls: AtomicUsize::new(0),
            is_starting: AtomicBool::new(true),
            started: Mutex::default(),
            claims: Mutex::default(),
        }
    }

    pub(super) async fn register(&self) {
        let task = |name: &str| {
            json!({"name": name, "taskReferenceName": name, "type": "SIMPLE", "taskDefinition": {"name": name,
                "retryCount": 1000, "retryDelaySeconds": 0, "responseTimeoutSeconds": 1, "timeoutSeconds": 0}})
        };
        let definition =
            json!({"name": "pair", "version": 1, "schemaVersion": 2, "tasks": [task("a"), task("b")]});
        self.call("POST", "/metadata/workflow?overwrite=true", Some(&definition)).await.expect("registered");
    }

    /// Clients that go on until they are dropped.
    pub(super) fn load(self: Arc<Self>) -> JoinSet<()> {
        let mut clients = JoinSet::new();
        for _ in 0..STARTERS {
            clients.spawn(self.clone().start_on_and_on());
        }
        for number in 0..WORKERS {
            clients.spawn(self.clone().work_on_and_on(number));
        }
        clients
    }

    pub(super) fn stop_starts(&self) {
        self.is_starting.store(false, Ordering::Relaxed);
    }

    pub(super) fn started(&self) -> Vec<String> {
        self.started.lock().expect("not poisoned").clone()
    }

    async fn start_on_and_on(self: Arc<Self>) {
        while self.is_starting.load(Ordering::Relaxed) && self.started().len() < OPEN_MAX {
            if let Some(Value::String(id)) = self.call("POST", "/workflow/pair", Some(&json!({}))).await {
                self.started.lock().expect("not poisoned").push(id);
            }
        }
    }

    async fn work_on_and_on(self: Arc<Self>, number: usize) {
        for round in 0u64.. {
            // A name of its own for each poll, so that the journal tells whose result was taken.
            let worker = format!("w{number}-{round}");
            let queue = ["a", "b"][number % 2];
            let path = format!("/tasks/poll/batch/{queue}?count=3&timeout=200&workerid={worker}");
            let Some(Value::Array(tasks)) = self.call("GET", &path, None).await else { continue };
            for task in &tasks {
                self.note_claim(task, &worker);
            }
            // Now and then a worker takes longer than its lease.
            if round % 40 == 39 {
                tokio::time::sleep(Duration::from_millis(1300)).await;
            }
            for task in &tasks {
                let result = json!({"workflowInstanceId": task["workflowInstanceId"], "taskId": task["taskId"],
                    "workerId": worker, "status": "COMPLETED", "outputData": {"by": worker}});
                // An unanswered result is sent again, as workers do; the second one finds the first.
                for _ in 0..3 {
                    if self.call("POST", "/tasks", Some(&result)).await.is_some() {
                        break;
                    }
                }
            }
        }
    }

    fn note_claim(&self, task: &Value, worker: &str) {
        let id = task["taskId"].as_str().unwrap_or_default().to_owned();
        let times = task["pollCount"].as_u64().unwrap_or_default();
        let mut claims = self.claims.lock().expect("not poisoned");
        claims.entry((id, times)).or_default().push(worker.to_owned());
    }

    /// Each handing out reached one worker.
    pub(super) fn check_claims(&self) {
        let claims = self.claims.lock().expect("not poisoned");
        assert!(!claims.is_empty());
        for ((task, times), workers) in claims.iter() {
            assert_eq!(workers.len(), 1, "attempt {task}, handed out {times} times: with {workers:?}");
        }
    }

    /// The journal of an execution that ends by the deadline.
    pub(super) async fn records_at_end(&self, id: &str, deadline: Instant) -> Vec<Value> {
        loop {
            let records = self.call("GET", &format!("/v1/executions/{id}/events"), None).await;
            if let Some(Value::Array(records)) = records {
                let mut events =
                    records.iter().filter_map(|record| record["record"]["events"].as_array()).flatten();
                if events.any(|event| event.get("ExecutionEnded").is_some()) {
                    return records;
                }
                assert!(Instant::now() < deadline, "{id} does not end: {records:?}");
            }
            assert!(Instant::now() < deadline, "{id} cannot be read");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The answer of one of the servers; `None` if it gave none, or said that it cannot at present.
    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Option<Value> {
        let turn = self.calls.fetch_add(1, Ordering::Relaxed);
        let url = {
            let urls = self.urls.lock().expect("not poisoned");
            urls[turn % urls.len()].clone()
        };
        let mut request = self.http.request(method.parse().expect("a method"), format!("{url}/api{path}"));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let sent = request.send().await;
        let Ok(response) = sent else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            return None;
        };
        let status = response.status();
        let text = response.text().await.ok()?;
        if status.is_success() {
            return Some(serde_json::from_str(&text).unwrap_or(Value::String(text)));
        }
        assert!(matches!(status.as_u16(), 429 | 503), "{method} {path}: {status}: {text}");
        tokio::time::sleep(Duration::from_millis(10)).await;
        None
    }
}
