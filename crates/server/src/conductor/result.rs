//! Conductor's TaskResult, read so that nothing a worker sends is lost over a formality.

use std::sync::Arc;

use segue_core::decide::Merge;
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use segue_core::time::Timestamp;
use segue_engine::Report;
use serde::Deserialize;
use serde_json::Value;

use super::start::is_object;
use crate::error::Problem;
use crate::wire;

/// A result as workers send it.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct TaskResult {
    #[serde(deserialize_with = "wire::text")]
    pub(super) workflow_instance_id: Option<String>,
    #[serde(deserialize_with = "wire::text")]
    pub(super) task_id: Option<String>,
    #[serde(deserialize_with = "wire::text")]
    status: Option<String>,
    #[serde(deserialize_with = "wire::text")]
    reason_for_incompletion: Option<String>,
    #[serde(deserialize_with = "wire::text")]
    error: Option<String>,
    #[serde(deserialize_with = "wire::integer")]
    callback_after_seconds: Option<i64>,
    #[serde(deserialize_with = "wire::text")]
    pub(super) worker_id: Option<String>,
    output_data: Option<Json>,
    logs: Option<Vec<LogEntry>>,
    #[serde(deserialize_with = "wire::flag")]
    pub(super) extend_lease: bool,
}

/// Conductor's TaskExecLog.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct LogEntry {
    #[serde(deserialize_with = "wire::text")]
    log: Option<String>,
    created_time: Value,
}

impl TaskResult {
    /// Whether the result ends its attempt.
    pub(super) fn is_final(&self) -> Result<bool, Problem> {
        Ok(!self.extend_lease && self.status()?.is_none_or(TaskStatus::is_terminal))
    }

    fn status(&self) -> Result<Option<TaskStatus>, Problem> {
        self.status.as_deref().filter(|status| !status.is_empty()).map(status).transpose()
    }

    /// What the engine is told. A result without a status is a failure: the worker ended without saying how.
    pub(super) fn report(self) -> Result<Report, Problem> {
        let (status, reason) = match self.status()? {
            Some(status) => (status, self.reason_for_incompletion),
            None => {
                let said = self.error.or(self.reason_for_incompletion).filter(|reason| !reason.is_empty());
                (TaskStatus::Failed, Some(said.unwrap_or_else(|| "worker returned no status".to_owned())))
            }
        };
        if self.output_data.as_ref().is_some_and(|output| !is_object(output)) {
            return Err(Problem::invalid_field("outputData", "outputData must be a JSON object"));
        }
        let logs = self.logs.unwrap_or_default().into_iter();
        Ok(Report {
            status,
            output: self.output_data,
            merge: Merge::Replace,
            reason: reason.map(Into::into),
            worker: self.worker_id.filter(|worker| !worker.is_empty()).map(Into::into),
            callback_after_ms: self.callback_after_seconds.unwrap_or(0).saturating_mul(1000),
            logs: logs.filter_map(LogEntry::line).collect(),
        })
    }
}

impl LogEntry {
    fn line(self) -> Option<(Option<Timestamp>, Arc<str>)> {
        let at = self.created_time.as_f64().filter(|at| *at > 0.0).map(|at| {
            // Python's clients send seconds in one place; no log is that old in milliseconds.
            let ms = if at < 1e11 { at * 1000.0 } else { at };
            Timestamp(ms as i64)
        });
        self.log.map(|log| (at, log.into()))
    }
}

/// A status that may be reported, in any case.
pub(crate) fn status(name: &str) -> Result<TaskStatus, Problem> {
    const REPORTABLE: [TaskStatus; 5] = [
        TaskStatus::InProgress,
        TaskStatus::Completed,
        TaskStatus::Failed,
        TaskStatus::FailedWithTerminalError,
        TaskStatus::Canceled,
    ];
    REPORTABLE.into_iter().find(|status| status.as_str().eq_ignore_ascii_case(name)).ok_or_else(|| {
        let known = REPORTABLE.map(TaskStatus::as_str).join(", ");
        Problem::bad_request(format!("'{name}' is no status that a result may have, expected one of {known}"))
    })
}
