//! The calls.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::task::{Status, Task};
use crate::transport::{root_cause, transport};

/// A server, by its base URL, with or without TLS. Cheap to clone; connections are kept alive and shared.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
}

/// Why a call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The server did not answer, or not in time.
    #[error("no answer from {url}: {cause}")]
    Unreachable {
        /// What was called.
        url: String,
        /// What went wrong.
        cause: String,
    },
    /// The server refused.
    #[error("{message} (status {status})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// The answer is not what the API promises.
    #[error("cannot read the answer of {url}: {cause}")]
    Unreadable {
        /// What was called.
        url: String,
        /// What is wrong with it.
        cause: String,
    },
}

impl Error {
    /// The HTTP status, if the server answered.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
            Self::Unreadable { .. } => false,
        }
    }
}

/// A call takes at most so long.
const TIMEOUT: Duration = Duration::from_secs(60);

impl Client {
    /// A client of the server at `base_url`, with or without `/api` at its end.
    ///
    /// # Errors
    /// [`Error::Unreachable`] if the HTTP library cannot be set up.
    pub fn new(base_url: &str) -> Result<Self, Error> {
        let base = base_url.trim_end_matches('/').trim_end_matches("/api").trim_end_matches('/').to_owned();
        let http = transport(&base, TIMEOUT)
            .build()
            .map_err(|error| Error::Unreachable { url: base.clone(), cause: root_cause(&error) })?;
        Ok(Self { base, http })
    }

    /// `GET /api{path}`.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn get(&self, path: &str) -> Result<Value, Error> {
        self.call(Method::GET, path, None).await.map(|(_, body)| body)
    }

    /// `POST /api{path}` with a JSON body. A text answer comes as a JSON string, an empty one as null.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.call(Method::POST, path, Some(body)).await.map(|(_, body)| body)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value), Error> {
        let url = format!("{}/api{path}", self.base);
        let unreachable =
            |error: reqwest::Error| Error::Unreachable { url: url.clone(), cause: root_cause(&error) };
        let mut request = self.http.request(method, &url);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let text = response.text().await.map_err(unreachable)?;
        let value = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        };
        if status.is_success() {
            return Ok((status, value));
        }
        let message = value.get("message").and_then(Value::as_str).unwrap_or("no reason given").to_owned();
        Err(Error::Refused { status: status.as_u16(), message })
    }

    /// Registers a workflow definition, in place of one with the same name and version.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn register_workflow(&self, definition: &Value) -> Result<(), Error> {
        self.post("/metadata/workflow?overwrite=true", definition).await.map(drop)
    }

    /// Registers task definitions.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn register_tasks(&self, definitions: &[Value]) -> Result<(), Error> {
        self.post("/metadata/taskdefs", &Value::Array(definitions.to_vec())).await.map(drop)
    }

    /// Starts an execution (`StartWorkflowRequest`); returns its id.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn start(&self, request: &Value) -> Result<String, Error> {
        let id = self.post("/workflow", request).await?;
        id.as_str().map(str::to_owned).ok_or_else(|| self.unreadable("/workflow", "expected an id"))
    }

    /// An execution with its tasks, as Conductor's Workflow.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn workflow(&self, id: &str) -> Result<Value, Error> {
        self.get(&format!("/workflow/{id}")).await
    }

    /// One attempt, as Conductor's Task.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn task(&self, id: &str) -> Result<Task, Error> {
        let path = format!("/tasks/{id}");
        let task = self.get(&path).await?;
        self.read(&path, task)
    }

    /// Updates an attempt by its id.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn update_task(
        &self,
        workflow: &str,
        task: &str,
        status: Status,
        output: Value,
    ) -> Result<(), Error> {
        let result =
            json!({"workflowInstanceId": workflow, "taskId": task, "status": status, "outputData": output});
        self.post("/tasks", &result).await.map(drop)
    }

    /// Updates the open attempt that goes by a reference.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn update_task_by_reference(
        &self,
        workflow: &str,
        reference: &str,
        status: Status,
        output: &Value,
    ) -> Result<(), Error> {
        let status = status.as_str();
        self.post(&format!("/tasks/{workflow}/{reference}/{status}"), output).await.map(drop)
    }

    /// Says that the worker is still at it: the lease lasts one more period.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn heartbeat(&self, workflow: &str, task: &str) -> Result<(), Error> {
        let beat = json!({"workflowInstanceId": workflow, "taskId": task, "status": "IN_PROGRESS", "extendLease": true});
        self.post("/tasks", &beat).await.map(drop)
    }

    pub(crate) async fn poll(
        &self,
        task_type: &str,
        worker: &str,
        domain: Option<&str>,
        count: usize,
        patience: Duration,
    ) -> Result<Vec<Task>, Error> {
        let domain = domain.map_or_else(String::new, |domain| format!("&domain={domain}"));
        let path = format!(
            "/tasks/poll/batch/{task_type}?workerid={worker}&count={count}&timeout={}{domain}",
            patience.as_millis().min(5000)
        );
        let tasks = self.get(&path).await?;
        self.read(&path, tasks)
    }

    /// Sends a result and takes the next attempt that comes with the answer.
    pub(crate) async fn complete(&self, result: &Value) -> Result<Option<Task>, Error> {
        match self.call(Method::POST, "/tasks/update-v2", Some(result)).await {
            Ok((_, Value::Null)) => Ok(None),
            Ok((_, next)) => self.read("/tasks/update-v2", next).map(Some),
            // A server that knows only the older call.
            Err(Error::Refused { status: 404 | 405, .. }) => self.post("/tasks", result).await.map(|_| None),
            Err(error) => Err(error),
        }
    }

    fn read<T: DeserializeOwned>(&self, path: &str, value: Value) -> Result<T, Error> {
        serde_json::from_value(value).map_err(|error| self.unreadable(path, &error.to_string()))
    }

    fn unreadable(&self, path: &str, cause: &str) -> Error {
        Error::Unreadable { url: format!("{}/api{path}", self.base), cause: cause.to_owned() }
    }
}
