//! Saved runs of a project: for each a summary `ID.json` that people and scripts read, and the journal that it is resumed from.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::print::field;
use crate::project::Project;

/// What is known of a saved run without opening its journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Saved {
    /// The execution.
    pub(crate) id: String,
    /// The workflow's name.
    pub(crate) name: String,
    /// `executing`, `completed`, `error` or `cancelled`.
    pub(crate) status: String,
    /// What it was given.
    pub(crate) input: Value,
    /// What it yielded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<Value>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error_message: Option<String>,
    /// Unix milliseconds.
    pub(crate) time_started: i64,
    /// Unix milliseconds; absent until it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) time_completed: Option<i64>,
    /// The workflow's file.
    pub(crate) file: PathBuf,
    /// How the file was read.
    #[serde(default)]
    pub(crate) strict: bool,
    /// The journal, beside the summary.
    pub(crate) journal: String,
    /// Tasks as Conductor's JSON shows them.
    #[serde(default)]
    pub(crate) tasks: Vec<Value>,
}

impl Saved {
    /// A summary of an execution.
    pub(crate) fn of(workflow: &Value, file: &Path, strict: bool, journal: &str) -> Self {
        let number = |key: &str| workflow.get(key).and_then(Value::as_i64).filter(|number| *number > 0);
        let status = match field(workflow, "status").as_str() {
            "RUNNING" | "PAUSED" => "executing",
            "COMPLETED" => "completed",
            "TERMINATED" => "cancelled",
            _ => "error",
        };
        Self {
            id: field(workflow, "workflowId"),
            name: field(workflow, "workflowName"),
            status: status.to_owned(),
            input: workflow.get("input").cloned().unwrap_or_default(),
            output: super::output::of(workflow).cloned(),
            error_message: workflow.get("reasonForIncompletion").and_then(Value::as_str).map(str::to_owned),
            time_started: number("startTime").or_else(|| number("createTime")).unwrap_or(0),
            time_completed: number("endTime").filter(|_| status != "executing"),
            file: file.to_path_buf(),
            strict,
            journal: journal.to_owned(),
            tasks: workflow.get("tasks").and_then(Value::as_array).cloned().unwrap_or_default(),
        }
    }

    /// Writes the summary, whole or not at all.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::io(error.to_string()))?;
        let (path, fresh) =
            (folder.join(format!("{}.json", self.id)), folder.join(format!(".{}.tmp", self.id)));
        std::fs::write(&fresh, text).map_err(|error| Error::io(format!("{}: {error}", fresh.display())))?;
        std::fs::rename(&fresh, &path)?;
        Ok(())
    }

    /// The saved run of an id, in a project.
    pub(crate) fn find(project: &Project, id: &str) -> Result<Option<Self>> {
        if id.is_empty() || id.contains(['/', '\\', '.']) {
            return Ok(None);
        }
        let path = project.runs_dir().join(format!("{id}.json"));
        if !path.is_file() {
            return Ok(None);
        }
        Self::read(&path).map(Some)
    }

    /// Reads a summary.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = crate::input::file(path)?;
        serde_json::from_str(&text).map_err(|error| {
            Error::usage(format!("{}:{}:{}: {error}", path.display(), error.line(), error.column()))
                .hint("expected the summary of a saved run")
        })
    }

    /// The run as Conductor's JSON shows an execution, as far as it is known.
    pub(crate) fn workflow(&self) -> Value {
        let status = match self.status.as_str() {
            "executing" => "RUNNING",
            "completed" => "COMPLETED",
            "cancelled" => "TERMINATED",
            _ => "FAILED",
        };
        serde_json::json!({
            "workflowId": self.id,
            "workflowName": self.name,
            "status": status,
            "reasonForIncompletion": self.error_message,
            "tasks": self.tasks,
        })
    }

    /// All saved runs of a project, the newest first. Other files in the folder are passed over, with a warning.
    pub(crate) fn all(project: &Project) -> Result<Vec<Self>> {
        let folder = project.runs_dir();
        let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                match Self::read(&path) {
                    Ok(saved) => all.push(saved),
                    Err(error) => eprintln!("warning: {} is passed over: {}", path.display(), error.message),
                }
            }
        }
        all.sort_by(|a: &Self, b| b.time_started.cmp(&a.time_started).then_with(|| b.id.cmp(&a.id)));
        Ok(all)
    }

    /// Deletes the summary and the journal.
    pub(crate) fn delete(&self, project: &Project) -> Result<()> {
        let folder = project.runs_dir();
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let path = folder.join(format!("{}{suffix}", self.journal));
            if path.is_file() {
                std::fs::remove_file(path)?;
            }
        }
        std::fs::remove_file(folder.join(format!("{}.json", self.id)))?;
        Ok(())
    }
}
