//! `/api/metadata/taskdefs`: registered task types.

use axum::extract::State;
use segue_core::definition::{TaskDef, Violation, validate_task_def};
use segue_engine::{Engine, Tagged};

use super::definitions::refuse_invalid;
use super::tags;
use crate::app::App;
use crate::body::Text;
use crate::error::Problem;
use crate::query::At;
use crate::reply::{Reply, json, nothing};
use crate::route::{Route, delete, get, post, put};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/metadata/taskdefs", "Registers task definitions", create).body("[TaskDef]"),
        put("/api/metadata/taskdefs", "Registers a task definition", update).body("TaskDef"),
        get("/api/metadata/taskdefs", "All task definitions", all),
        get("/api/metadata/taskdefs/{name}", "One task definition", one),
        delete("/api/metadata/taskdefs/{name}", "Deletes a task definition", remove),
    ]
}

async fn create(State(app): State<App>, body: Text) -> Reply {
    let definitions = segue_dialects::conductor::tasks(&body.0)?;
    let found = definitions.iter().enumerate().flat_map(|(at, definition)| {
        validate_task_def(definition)
            .into_iter()
            .map(move |violation| Violation { path: format!("[{at}].{}", violation.path), ..violation })
    });
    refuse_invalid(found.collect())?;
    put_all(&app.engine, definitions).await
}

/// A worker that registers its type need not know whether somebody did before.
async fn update(State(app): State<App>, body: Text) -> Reply {
    let definition = segue_dialects::conductor::task(&body.0)?;
    refuse_invalid(validate_task_def(&definition))?;
    put_all(&app.engine, vec![definition]).await
}

async fn put_all(engine: &Engine, mut definitions: Vec<TaskDef>) -> Reply {
    let now = engine.now().0;
    for definition in &mut definitions {
        match engine.catalog().task(&definition.name) {
            Some(earlier) => {
                definition.create_time = earlier.create_time;
                definition.update_time = now;
            }
            None => definition.create_time = now,
        }
    }
    engine.put_tasks(&definitions).await?;
    nothing()
}

async fn all(State(app): State<App>) -> Reply {
    json(&app.engine.fresh_catalog().await?.tasks())
}

async fn one(State(app): State<App>, At(name): At<String>) -> Reply {
    match app.engine.fresh_catalog().await?.task(&name) {
        Some(definition) => json(&*definition),
        None => Err(Problem::not_found(format!("No such taskType found by name: {name}"))),
    }
}

async fn remove(State(app): State<App>, At(name): At<String>) -> Reply {
    if app.engine.delete_task(&name).await? {
        tags::drop_all(&app, Tagged::Task, &name).await?;
        return nothing();
    }
    Err(Problem::not_found(format!("No such task definition: {name}")))
}
