//! `/api/tasks/search` and `search-v2`: finding attempts.

use std::collections::BTreeMap;

use axum::extract::State;
use futures::future::join_all;
use segue_core::execution::{Execution, Task};
use segue_core::id::{ExecutionId, TaskId};
use segue_core::view;
use segue_engine::Searched;
use serde_json::Value;

use super::request::{self, TASKS};
use super::{Hits, result};
use crate::app::App;
use crate::conductor::summary::task_summary;
use crate::query::Params;
use crate::reply::{Reply, json as reply};

pub(super) async fn summaries(State(app): State<App>, params: Params) -> Reply {
    search(&app, &params, task_summary).await
}

pub(super) async fn whole(State(app): State<App>, params: Params) -> Reply {
    search(&app, &params, view::task).await
}

async fn search(app: &App, params: &Params, look: fn(&Execution, &Task) -> Value) -> Reply {
    let request = request::page(params, TASKS, "tasks")?;
    let Searched { page, behind } = app.engine.search_tasks(request).await?;
    let results = read_all(app, &page.tasks, look).await;
    reply(&result(Hits { total: page.total, capped: page.total_capped, behind }, results))
}

/// Looks at attempts, at each execution once; one that was removed meanwhile is left out.
async fn read_all(app: &App, tasks: &[TaskId], look: fn(&Execution, &Task) -> Value) -> Vec<Value> {
    let mut wanted: BTreeMap<ExecutionId, Vec<TaskId>> = BTreeMap::new();
    for task in tasks {
        wanted.entry(task.execution()).or_default().push(*task);
    }
    let reads = wanted.into_iter().map(|(execution, tasks)| {
        app.engine.read(execution, move |execution| {
            let seen = |id: &TaskId| Some((*id, look(execution, execution.task(id.ordinal())?)));
            tasks.iter().filter_map(seen).collect::<Vec<_>>()
        })
    });
    let read = join_all(reads).await.into_iter().filter_map(Result::ok).flatten();
    let mut seen: BTreeMap<TaskId, Value> = read.collect();
    tasks.iter().filter_map(|task| seen.remove(task)).collect()
}
