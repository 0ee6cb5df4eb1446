//! `/api/scheduler/schedules`, its `search`, and `nextFewSchedules`.

use std::sync::Arc;

use axum::extract::State;
use segue_core::calendar::Timetable;
use segue_core::definition::Schedule;
use segue_core::time::Timestamp;
use segue_engine::Scheduled;
use serde_json::{Value, json};

use super::view;
use crate::app::App;
use crate::error::Problem;
use crate::query::Params;
use crate::reply::{Reply, json as reply};
use crate::route::{Route, get};

/// Times in one answer, at most (Conductor).
const TIMES_MAX: usize = 5;
/// Schedules in one answer if nothing is said.
const SIZE: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/scheduler/schedules", "All schedules, or those of a definition", all)
            .params(&["workflowName"]),
        get("/api/scheduler/schedules/search", "Finds schedules", search).params(&[
            "workflowName",
            "scheduleName",
            "paused",
            "freeText",
            "start",
            "size",
            "sort",
        ]),
        get("/api/scheduler/nextFewSchedules", "The next times of a cron expression", next_few).params(&[
            "cronExpression",
            "zoneId",
            "scheduleStartTime",
            "scheduleEndTime",
            "limit",
        ]),
    ]
}

async fn schedules(app: &App, params: &Params) -> Result<Vec<Arc<Scheduled>>, Problem> {
    let mut found = app.engine.fresh_catalog().await?.schedules();
    if let Some(name) = params.text("workflowName") {
        found.retain(|scheduled| scheduled.schedule.workflow_name() == name);
    }
    Ok(found)
}

async fn all(State(app): State<App>, params: Params) -> Reply {
    let found = schedules(&app, &params).await?;
    reply(&found.iter().map(|scheduled| view(&app, scheduled)).collect::<Vec<_>>())
}

async fn search(State(app): State<App>, params: Params) -> Reply {
    let mut found = schedules(&app, &params).await?;
    if let Some(name) = params.text("scheduleName") {
        found.retain(|scheduled| scheduled.schedule.name.contains(name));
    }
    if params.text("paused").is_some() {
        let paused = params.flag("paused", false)?;
        found.retain(|scheduled| scheduled.schedule.paused == paused);
    }
    if let Some(text) = params.text("freeText").filter(|text| *text != "*") {
        let text = text.to_lowercase();
        found.retain(|scheduled| mentions(&scheduled.schedule, &text));
    }
    sort(&mut found, params.text("sort").unwrap_or("name:ASC"))?;
    let (start, size) = (params.number("start")?.unwrap_or(0), params.number("size")?.unwrap_or(SIZE));
    let page: Vec<Value> =
        found.iter().skip(start).take(size).map(|scheduled| view(&app, scheduled)).collect();
    reply(&json!({"totalHits": found.len(), "results": page}))
}

/// Whether a schedule has a text, in small letters, in what people read of it.
fn mentions(schedule: &Schedule, text: &str) -> bool {
    let description = schedule.description.as_deref().unwrap_or_default();
    [schedule.name.as_str(), description, schedule.workflow_name()]
        .iter()
        .any(|part| part.to_lowercase().contains(text))
}

fn sort(found: &mut [Arc<Scheduled>], order: &str) -> Result<(), Problem> {
    let (key, direction) = order.split_once(':').unwrap_or((order, "ASC"));
    let schedule = |scheduled: &Arc<Scheduled>| scheduled.schedule.clone();
    match key {
        "name" | "scheduleName" => found.sort_by_cached_key(|one| schedule(one).name),
        "workflowName" => found.sort_by_cached_key(|one| schedule(one).workflow_name().to_owned()),
        "createTime" => found.sort_by_key(|one| one.schedule.create_time),
        "updatedTime" => found.sort_by_key(|one| one.schedule.updated_time),
        _ => {
            let expected = "name, workflowName, createTime or updatedTime";
            return Err(Problem::bad_request(format!("cannot sort by '{key}', expected {expected}")));
        }
    }
    match direction.to_ascii_uppercase().as_str() {
        "ASC" => Ok(()),
        "DESC" => {
            found.reverse();
            Ok(())
        }
        _ => Err(Problem::bad_request(format!("cannot sort '{direction}', expected ASC or DESC"))),
    }
}

async fn next_few(State(app): State<App>, params: Params) -> Reply {
    let Some(cron) = params.text("cronExpression") else {
        return Err(Problem::bad_request("the parameter cronExpression is missing"));
    };
    let schedule = Schedule {
        cron_expression: Some(cron.to_owned()),
        zone_id: params.text("zoneId").unwrap_or("UTC").to_owned(),
        schedule_start_time: params.number("scheduleStartTime")?,
        schedule_end_time: params.number("scheduleEndTime")?,
        ..Schedule::default()
    };
    let timetable = Timetable::of(&schedule).map_err(Problem::invalid)?;
    let limit = params.number("limit")?.unwrap_or(TIMES_MAX).min(TIMES_MAX);
    let times: Vec<Timestamp> = timetable.after(app.engine.now()).take(limit).map(|due| due.at).collect();
    reply(&times)
}
