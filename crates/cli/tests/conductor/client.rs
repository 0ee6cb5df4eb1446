//! Calls to the server.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

/// A reply as it came.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Without parameters.
    pub(crate) media: String,
    /// JSON if it says so, else text.
    pub(crate) body: Value,
}

/// What a request carries.
pub(crate) enum Body {
    None,
    Text(String),
}

#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        let http = segue_testkit::http_within(Duration::from_secs(30));
        Self { http, url: url.to_owned() }
    }

    pub(crate) async fn call(&self, verb: &str, path: &str, body: Body) -> Result<Reply, String> {
        let method = Method::from_bytes(verb.as_bytes()).map_err(|_| format!("no verb: {verb}"))?;
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Body::Text(text) = body {
            request = request.header("Content-Type", "application/json").body(text);
        }
        let response = request.send().await.map_err(|error| format!("{verb} {path}: {error}"))?;
        let status = response.status().as_u16();
        let media = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        let media = media.and_then(|media| media.split(';').next()).unwrap_or_default().trim().to_owned();
        let text = response.text().await.map_err(|error| error.to_string())?;
        let body = match media.as_str() {
            "application/json" => {
                serde_json::from_str(&text).map_err(|error| format!("{verb} {path}: {error}: {text}"))?
            }
            _ => Value::String(text),
        };
        Ok(Reply { status, media, body })
    }

    /// A task of this type, if there is one within `timeout_ms`.
    pub(crate) async fn poll(
        &self,
        kind: &str,
        domain: Option<&str>,
        timeout_ms: u32,
    ) -> Result<Option<Value>, String> {
        let domain = domain.map(|domain| format!("&domain={domain}")).unwrap_or_default();
        let path =
            format!("/api/tasks/poll/batch/{kind}?workerid=worker&count=1&timeout={timeout_ms}{domain}");
        let reply = self.call("GET", &path, Body::None).await?;
        match reply.body {
            Value::Array(mut tasks) if reply.status == 200 => Ok(tasks.pop()),
            other => Err(format!("poll of {kind}: {} {other}", reply.status)),
        }
    }

    /// Answers a polled task with COMPLETED and what else `result` says.
    pub(crate) async fn answer(&self, task: &Value, result: &Value) -> Result<(), String> {
        let mut full = json!({
            "workflowInstanceId": task["workflowInstanceId"],
            "taskId": task["taskId"],
            "workerId": "worker",
            "status": "COMPLETED",
            "outputData": {},
        });
        if let (Some(full), Some(more)) = (full.as_object_mut(), result.as_object()) {
            full.extend(more.clone());
        }
        let reply = self.call("POST", "/api/tasks", Body::Text(full.to_string())).await?;
        if reply.status == 200 { Ok(()) } else { Err(format!("answer: {} {}", reply.status, reply.body)) }
    }
}
