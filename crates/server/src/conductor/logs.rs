//! `/api/tasks/{id}/log`: lines that workers write.

use axum::extract::State;
use serde_json::{Value, json};

use super::ids;
use crate::app::App;
use crate::body::Text;
use crate::query::At;
use crate::reply::{Reply, json as reply, nothing};
use crate::route::{Route, get, post};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/tasks/{id}/log", "The log of an attempt", read),
        post("/api/tasks/{id}/log", "Writes to the log of an attempt", write).body("string"),
    ]
}

/// A list even when it is empty: 204 reads as null in clients that expect a list.
async fn read(State(app): State<App>, At(id): At<String>) -> Reply {
    let lines = app.engine.logs(ids::task(&id)?).await?;
    let lines = lines.iter().map(|line| json!({"log": &*line.text, "taskId": id, "createdTime": line.at.0}));
    reply(&lines.collect::<Vec<Value>>())
}

/// Some clients send the line as a JSON string, others as it is.
async fn write(State(app): State<App>, At(id): At<String>, body: Text) -> Reply {
    let line = serde_json::from_str::<String>(&body.0).unwrap_or(body.0);
    app.engine.log(ids::task(&id)?, &line).await?;
    nothing()
}
