//! A server on a free port with a store in memory, and a client for it.

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use segue_engine::{Engine, Options};
use segue_server::{Server, ServerOptions};
use segue_store::Store;
use segue_store::memory::MemoryStore;
use serde_json::Value;
use tokio::sync::oneshot;

/// A running server. Ends with the value.
pub(crate) struct Running<S = MemoryStore> {
    pub(crate) store: Arc<S>,
    pub(crate) engine: Engine,
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<String>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The JSON of a 200 that is labelled as such.
    pub(crate) fn ok(self) -> Value {
        assert_eq!(
            (self.status, self.content_type.as_deref()),
            (StatusCode::OK, Some("application/json")),
            "{self:?}"
        );
        self.json()
    }

    /// A 200 with a bare text.
    pub(crate) fn plain(self) -> String {
        let plain = Some("text/plain;charset=UTF-8");
        assert_eq!((self.status, self.content_type.as_deref()), (StatusCode::OK, plain), "{self:?}");
        self.text
    }

    /// A 200 with nothing in it and no content type.
    pub(crate) fn nothing(self) {
        let seen = (self.status, self.content_type.as_deref(), self.text.as_str());
        assert_eq!(seen, (StatusCode::OK, None, ""), "{self:?}");
    }

    /// A 204 without content type.
    pub(crate) fn no_content(self) {
        let seen = (self.status, self.content_type.as_deref(), self.text.as_str());
        assert_eq!(seen, (StatusCode::NO_CONTENT, None, ""), "{self:?}");
    }

    /// The message of an ErrorResponse with this status.
    pub(crate) fn error(self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.content_type.as_deref(), Some("application/json"), "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], status, "{body}");
        assert!(body["instance"].is_string() && body["retryable"].is_boolean(), "{body}");
        body["message"].as_str().unwrap_or_else(|| panic!("no message: {body}")).to_owned()
    }
}

impl Running {
    pub(crate) async fn new() -> Self {
        Self::with(ServerOptions::default()).await
    }

    pub(crate) async fn with(options: ServerOptions) -> Self {
        Self::on(Options::default(), options).await
    }

    /// On an engine with options of its own.
    pub(crate) async fn on(engine: Options, options: ServerOptions) -> Self {
        Self::over(Arc::new(MemoryStore::new()), engine, options).await
    }
}

impl<S: Store + 'static> Running<S> {
    /// On a store of the caller's.
    pub(crate) async fn over(store: Arc<S>, engine: Options, options: ServerOptions) -> Self {
        let engine = Engine::open(store.clone(), engine).await.expect("an engine");
        let options = ServerOptions { listen: ([127, 0, 0, 1], 0).into(), ..options };
        let server = Server::bind(engine.clone(), options).await.expect("a free port");
        let url = server.url();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { store, engine, url, client: segue_testkit::http(), stop: Some(stop), served: Some(served) }
    }

    /// Asks the server to stop; done when it has.
    pub(crate) fn stop(&mut self) -> impl Future<Output = ()> + use<S> {
        drop(self.stop.take());
        let served = self.served.take();
        async {
            if let Some(served) = served {
                served.await.expect("no panic").expect("no error");
            }
        }
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let content_type = response.headers().get("content-type");
        let content_type = content_type.map(|value| value.to_str().expect("ASCII").to_owned());
        Answer { status: response.status(), content_type, text: response.text().await.expect("a body") }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// A body that is sent as it is.
    pub(crate) async fn raw(&self, method: Method, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.send(self.request(method, path).header("content-type", "application/json").body(body)).await
    }

    /// Registers a definition.
    pub(crate) async fn register(&self, definition: &Value) {
        self.post("/api/metadata/workflow?overwrite=true", definition).await.nothing();
    }

    /// Starts an execution of a registered definition.
    #[allow(clippy::needless_pass_by_value, reason = "calls read better")]
    pub(crate) async fn start(&self, name: &str, input: Value) -> String {
        self.post("/api/workflow", &serde_json::json!({"name": name, "input": input})).await.plain()
    }

    /// Where an execution stands.
    pub(crate) async fn status(&self, id: &str) -> String {
        let status = self.get(&format!("/api/workflow/{id}/status")).await.ok();
        status["status"].as_str().expect("a status").to_owned()
    }

    /// Reads until the answer is as expected. Claims become durable a moment after a poll is answered.
    #[allow(clippy::needless_pass_by_value, reason = "calls read better")]
    pub(crate) async fn eventually(&self, path: &str, expected: Value) {
        let reads = async { while self.get(path).await.ok() != expected {} };
        let waited = tokio::time::timeout(std::time::Duration::from_secs(30), reads).await;
        assert!(waited.is_ok(), "{path} never was {expected}");
    }

    /// Polls one attempt; there must be one.
    pub(crate) async fn poll(&self, task_type: &str) -> Value {
        let list = self.get(&format!("/api/tasks/poll/batch/{task_type}?workerid=w&timeout=5000")).await.ok();
        list.get(0).unwrap_or_else(|| panic!("no {task_type} to poll")).clone()
    }
}

impl Running {
    /// The TaskResult of a polled attempt, with what `more` says.
    #[allow(clippy::needless_pass_by_value, reason = "calls read better")]
    pub(crate) fn result(task: &Value, more: Value) -> Value {
        let mut result = serde_json::json!({
            "workflowInstanceId": task["workflowInstanceId"], "taskId": task["taskId"],
            "workerId": "w", "status": "COMPLETED", "outputData": {},
        });
        for (key, value) in more.as_object().expect("an object") {
            result[key] = value.clone();
        }
        result
    }
}

impl<S> Drop for Running<S> {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}
