//! Schedules: what is started by time.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::wire::{bool_or, integer_or, maybe_integer, or_default};

/// A schedule (Conductor: `WorkflowSchedule`): a request to start an execution, and when it is made.
///
/// Wire names and defaults are Conductor's; `null` for a primitive reads as its default, unknown properties are
/// ignored, and absent optional values are not written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Schedule {
    /// The unique name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// When, as `second minute hour day month weekday`; not read where there are `cronSchedules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cron_expression: Option<String>,
    /// When, each in a zone of its own. A time that several give counts once.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub cron_schedules: Vec<CronSchedule>,
    /// The zone that `cronExpression` is meant in, and those of `cronSchedules` that name none; UTC by default.
    #[serde(default = "utc", deserialize_with = "zone_id")]
    pub zone_id: String,
    /// Whether times that passed while nobody could fire are made up for.
    #[serde(deserialize_with = "bool_or::<_, false>")]
    pub run_catchup_schedule_instances: bool,
    /// Whether it does not fire for now.
    #[serde(deserialize_with = "bool_or::<_, false>")]
    pub paused: bool,
    /// Why it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_reason: Option<String>,
    /// What is started (Conductor: `StartWorkflowRequest`).
    #[serde(deserialize_with = "or_default")]
    pub start_workflow_request: Map<String, Value>,
    /// Unix milliseconds before which it does not fire; none and 0 mean at once.
    #[serde(deserialize_with = "maybe_integer", skip_serializing_if = "Option::is_none")]
    pub schedule_start_time: Option<i64>,
    /// Unix milliseconds after which it does not fire; none and 0 mean never.
    #[serde(deserialize_with = "maybe_integer", skip_serializing_if = "Option::is_none")]
    pub schedule_end_time: Option<i64>,
    /// Unix milliseconds of the first registration; 0 when unknown.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub create_time: i64,
    /// Unix milliseconds of the last change; 0 when unknown.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub updated_time: i64,
    /// Who registered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Who changed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// One of several crons of a schedule (Conductor: `CronSchedule`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronSchedule {
    /// When.
    #[serde(deserialize_with = "or_default")]
    pub cron_expression: String,
    /// The zone that it is meant in; the schedule's by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone_id: Option<String>,
}

/// Where a cron stands in its schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CronPlace(Option<usize>);

impl CronPlace {
    /// The JSON path of a field beside the cron.
    pub fn field(self, name: &str) -> String {
        match self.0 {
            Some(at) => format!("cronSchedules[{at}].{name}"),
            None => name.to_owned(),
        }
    }

    /// The cron that stands there.
    pub fn cron(self, schedule: &Schedule) -> &str {
        match self.0 {
            Some(at) => schedule.cron_schedules.get(at).map_or("", |cron| &cron.cron_expression),
            None => schedule.cron_expression.as_deref().unwrap_or_default(),
        }
    }
}

impl Schedule {
    /// The crons with their places and zones.
    pub fn crons(&self) -> impl Iterator<Item = (CronPlace, &str, &str)> {
        let single = self.cron_schedules.is_empty().then(|| {
            (CronPlace(None), self.cron_expression.as_deref().unwrap_or_default(), self.zone_id.as_str())
        });
        let several = self.cron_schedules.iter().enumerate().map(|(at, cron)| {
            let zone = cron.zone_id.as_deref().filter(|zone| !zone.is_empty());
            (CronPlace(Some(at)), cron.cron_expression.as_str(), zone.unwrap_or(&self.zone_id))
        });
        single.into_iter().chain(several)
    }

    /// Whether both fire at the same times, but for pauses.
    pub fn has_times_of(&self, other: &Self) -> bool {
        let times = |schedule: &Self| (schedule.schedule_start_time, schedule.schedule_end_time);
        let crons = |schedule: &Self| -> Vec<(String, String)> {
            schedule.crons().map(|(_, cron, zone)| (cron.to_owned(), zone.to_owned())).collect()
        };
        times(self) == times(other) && crons(self) == crons(other)
    }

    /// The name of the definition that it starts.
    pub fn workflow_name(&self) -> &str {
        self.start_workflow_request.get("name").and_then(Value::as_str).unwrap_or_default()
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

/// Nothing is UTC.
fn zone_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let read = Option::<String>::deserialize(deserializer)?;
    Ok(read.filter(|zone| !zone.is_empty()).unwrap_or_else(utc))
}
