//! The one error of the API: Conductor's ErrorResponse, for whatever went wrong.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use segue_core::decide::Refusal;
use segue_core::definition::Violation;
use segue_dialects::Diagnostic;
use segue_engine::Error;
use serde::Serialize;
use serde_json::Value;

/// An answer that is not what was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    message: String,
    validation: Vec<Finding>,
    retry_after_seconds: Option<u32>,
}

/// One entry of `validationErrors`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    path: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    invalid_value: Option<Value>,
}

/// What goes over the wire. `instance` is filled in by [`crate::layers`], which knows the server's name.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorResponse<'a> {
    status: u16,
    message: &'a str,
    instance: &'a str,
    retryable: bool,
    #[serde(skip_serializing_if = "<[Finding]>::is_empty")]
    validation_errors: &'a [Finding],
}

impl Problem {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), validation: Vec::new(), retry_after_seconds: None }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// Something may work a moment later.
    fn later(status: StatusCode, message: impl Into<String>) -> Self {
        Self { retry_after_seconds: Some(1), ..Self::new(status, message) }
    }

    /// Broken rules (Conductor: a failed bean validation).
    pub(crate) fn invalid(violations: Vec<Violation>) -> Self {
        let findings = violations.into_iter().map(|violation| Finding {
            path: violation.path,
            message: violation.message,
            invalid_value: violation.invalid_value,
        });
        Self {
            validation: findings.collect(),
            ..Self::bad_request("Validation failed, check below errors for detail.")
        }
    }

    /// One broken rule.
    pub(crate) fn invalid_field(path: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![Violation { path: path.to_owned(), message: message.into(), invalid_value: None }])
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The JSON that goes over the wire.
    pub(crate) fn body(&self, instance: &str) -> Vec<u8> {
        let response = ErrorResponse {
            status: self.status.as_u16(),
            message: &self.message,
            instance,
            retryable: self.retry_after_seconds.is_some(),
            validation_errors: &self.validation,
        };
        // Plain texts and values always serialise.
        serde_json::to_vec(&response).unwrap_or_default()
    }
}

impl From<Diagnostic> for Problem {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::bad_request(format!("cannot read the request body: {diagnostic}"))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::NoSuchExecution(_)
            | Error::NoSuchTask(_)
            | Error::NoOpenTask { .. }
            | Error::NoSuchDefinition { .. }
            | Error::NoSuchSchedule(_)
            | Error::ScheduleNotPaused(_) => Self::not_found(message),
            Error::InvalidDefinition(violations) => Self::invalid(violations),
            Error::Refused { execution, refusal } => refused(&execution.to_string(), &refusal),
            Error::DuplicateKey { .. } => Self::conflict(message),
            Error::Rehearsal(_) => Self::bad_request(message),
            Error::Overloaded(_) => Self::later(StatusCode::TOO_MANY_REQUESTS, message),
            Error::Contended(_) | Error::ShuttingDown => {
                Self::later(StatusCode::SERVICE_UNAVAILABLE, message)
            }
            Error::Store(segue_store::contract::Error::Unavailable(_)) => {
                Self::later(StatusCode::SERVICE_UNAVAILABLE, message)
            }
            Error::Store(segue_store::contract::Error::Unwritable(_)) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
            }
            Error::Quarantined { .. } | Error::Store(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
            }
        }
    }
}

/// Conductor's texts, under 409 where it has stranger statuses.
fn refused(id: &str, refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::NoSuchTask(_) => Problem::not_found(format!("No such task found in workflow {id}")),
        Refusal::Ended(_) => Problem::conflict(format!("Workflow {id} has ended, status cannot be updated.")),
        Refusal::NotPaused(status) => Problem::conflict(format!(
            "The workflow {id} is not PAUSED so cannot resume. Current status is {status}"
        )),
        Refusal::StillRunning(status) => {
            Problem::conflict(format!("Workflow is still running.  status={status}"))
        }
        Refusal::NothingToRetry => Problem::conflict(
            "There are no retryable tasks! Use restart if you want to attempt entire workflow execution again.",
        ),
        Refusal::NotEnded(_, verb) => {
            Problem::conflict(format!("Workflow: {id} is not in terminal state, unable to {verb}."))
        }
        Refusal::NotRestartable => Problem::conflict(format!("Workflow: {id} is non-restartable")),
        Refusal::NotRunning(status) => {
            Problem::conflict(format!("The workflow {id} is not running. Current status is {status}"))
        }
        Refusal::NoSuchReference(reference) => Problem::not_found(format!(
            "The task referenced by {reference} does not exist in the definition of workflow {id}"
        )),
        Refusal::AlreadyReached(reference) => Problem::conflict(format!(
            "The task referenced {reference} has already been processed, cannot be skipped"
        )),
        Refusal::Unreachable(_) | Refusal::CannotUpgrade(_) => Problem::conflict(refusal.to_string()),
        Refusal::NotReady(_) | Refusal::NotYet(_) => Problem::conflict(refusal.to_string()),
        Refusal::InboxFull(_) => {
            Problem::later(StatusCode::TOO_MANY_REQUESTS, format!("Workflow {id}: {refusal}"))
        }
        Refusal::VariablesTooLarge { .. } => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("Workflow {id}: {refusal}"))
        }
        Refusal::Misfit(_) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, refusal.to_string()),
    }
}

impl IntoResponse for Problem {
    /// Leaves the body to [`crate::layers::observe`].
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}
