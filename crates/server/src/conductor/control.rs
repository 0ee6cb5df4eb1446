//! `/api/workflow/{id}/…`: steering one execution.

use axum::extract::State;
use segue_core::decide::{Command, Compensate, Refusal};
use segue_core::id::ExecutionId;
use segue_engine::{Engine, Error};

use super::ids;
use crate::app::App;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, nothing};
use crate::route::{Route, delete, put};

pub(super) fn routes() -> Vec<Route> {
    vec![
        put("/api/workflow/{id}/pause", "Pauses an execution", pause),
        put("/api/workflow/{id}/resume", "Ends a pause", resume),
        put("/api/workflow/decide/{id}", "Looks at an execution now", decide),
        delete("/api/workflow/{id}", "Terminates an execution", stop)
            .params(&["reason", "triggerFailureWorkflow"]),
        delete("/api/workflow/{id}/remove", "Deletes an execution", remove).params(&["archiveWorkflow"]),
        delete("/api/workflow/{id}/terminate-remove", "Terminates and deletes an execution", stop_and_remove)
            .params(&["reason", "archiveWorkflow"]),
    ]
}

async fn pause(State(app): State<App>, At(id): At<String>) -> Reply {
    app.engine.pause(ids::workflow(&id)?).await?;
    nothing()
}

async fn resume(State(app): State<App>, At(id): At<String>) -> Reply {
    app.engine.resume(ids::workflow(&id)?).await?;
    nothing()
}

/// The engine decides by itself when something is due; this looks at once.
async fn decide(State(app): State<App>, At(id): At<String>) -> Reply {
    app.engine.command(ids::workflow(&id)?, Command::Wake).await?;
    nothing()
}

async fn stop(State(app): State<App>, At(id): At<String>, params: Params) -> Reply {
    let compensate =
        if params.flag("triggerFailureWorkflow", false)? { Compensate::Yes } else { Compensate::No };
    terminate(&app.engine, ids::workflow(&id)?, params.text("reason").unwrap_or(""), compensate).await?;
    nothing()
}

async fn remove(State(app): State<App>, At(id): At<String>, params: Params) -> Reply {
    delete_one(&app.engine, ids::workflow(&id)?, params.flag("archiveWorkflow", true)?).await?;
    nothing()
}

async fn stop_and_remove(State(app): State<App>, At(id): At<String>, params: Params) -> Reply {
    let archive = params.flag("archiveWorkflow", true)?;
    end_and_delete(&app.engine, ids::workflow(&id)?, params.text("reason").unwrap_or(""), archive).await?;
    nothing()
}

pub(super) async fn terminate(
    engine: &Engine,
    id: ExecutionId,
    reason: &str,
    compensate: Compensate,
) -> Result<(), Problem> {
    match engine.terminate(id, reason, compensate).await {
        Ok(_) => Ok(()),
        Err(Error::Refused { refusal: Refusal::Ended(status), .. }) => {
            Err(Problem::conflict(format!("Cannot terminate a {status} workflow.")))
        }
        Err(error) => Err(error.into()),
    }
}

/// Deletes an execution; one that is asked to be archived must be over. One that is not ends first, by the engine.
pub(super) async fn delete_one(engine: &Engine, id: ExecutionId, archive: bool) -> Result<(), Problem> {
    let status = engine.status(id).await?.status;
    if archive && !status.is_terminal() {
        return Err(Problem::bad_request(format!("Cannot archive workflow: {id} with status: {status}")));
    }
    Ok(engine.remove(id).await?)
}

pub(super) async fn end_and_delete(
    engine: &Engine,
    id: ExecutionId,
    reason: &str,
    archive: bool,
) -> Result<(), Problem> {
    if !engine.status(id).await?.status.is_terminal() {
        match terminate(engine, id, reason, Compensate::No).await {
            // It may have ended by itself a moment ago.
            Err(_) if engine.status(id).await?.status.is_terminal() => {}
            other => other?,
        }
    }
    delete_one(engine, id, archive).await
}
