//! `/api/tasks/queue`: what waits, and who polls.

use std::collections::BTreeMap;

use axum::extract::State;
use segue_core::event::QueueName;
use segue_store::contract::PollRecord;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json as reply, text};
use crate::route::{Route, get, post};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/tasks/queue/sizes", "Sizes of queues", sizes).params(&["taskType"]),
        get("/api/tasks/queue/size", "Size of one queue", size).params(&["taskType", "domain"]),
        get("/api/tasks/queue/all", "Sizes of all queues", all),
        get("/api/tasks/queue/all/verbose", "Sizes of all queues, by shard", verbose),
        post("/api/tasks/queue/requeue/{type}", "Puts lost attempts back into their queue", requeue),
        get("/api/tasks/queue/polldata", "Who polls for a task type", polls).params(&["taskType"]),
        get("/api/tasks/queue/polldata/all", "Who polls", all_polls),
    ]
}

async fn sizes(State(app): State<App>, params: Params) -> Reply {
    required(&params)?;
    let mut sizes = Map::new();
    for task_type in params.all("taskType").flat_map(|list| list.split(',')) {
        let size = app.engine.queue_size(&QueueName(task_type.into())).await?;
        sizes.insert(task_type.to_owned(), size.into());
    }
    reply(&sizes)
}

async fn size(State(app): State<App>, params: Params) -> Reply {
    let task_type = required(&params)?;
    reply(&app.engine.queue_size(&QueueName::new(task_type, params.text("domain"))).await?)
}

async fn all(State(app): State<App>) -> Reply {
    let sizes = app.engine.queue_sizes().await?;
    reply(&sizes.iter().map(|size| (&*size.queue.0, size.ready)).collect::<BTreeMap<_, _>>())
}

/// A queue is one shard; what is handed out is not in it any more.
async fn verbose(State(app): State<App>) -> Reply {
    let sizes = app.engine.queue_sizes().await?;
    let shard = |ready: u64| json!({"a": {"size": ready, "uacked": 0}});
    reply(&sizes.iter().map(|size| (&*size.queue.0, shard(size.ready))).collect::<BTreeMap<_, _>>())
}

/// How many had to be put back: queues are part of what each append implies, so none is ever lost.
async fn requeue(At(_): At<String>) -> Reply {
    text("0")
}

async fn polls(State(app): State<App>, params: Params) -> Reply {
    reply(&listed(&app.engine.pollers(Some(required(&params)?)).await?))
}

async fn all_polls(State(app): State<App>) -> Reply {
    reply(&listed(&app.engine.pollers(None).await?))
}

fn required(params: &Params) -> Result<&str, Problem> {
    params.text("taskType").ok_or_else(|| Problem::bad_request("parameter taskType is required"))
}

/// Conductor's PollData; a worker without a name is shown without one.
fn listed(polls: &[PollRecord]) -> Vec<Value> {
    let shown = polls.iter().map(|poll| {
        let mut data = json!({"queueName": poll.queue.task_type(), "lastPollTime": poll.at.0});
        if let Some(domain) = poll.queue.domain() {
            data["domain"] = domain.into();
        }
        if !poll.worker.is_empty() {
            data["workerId"] = (&*poll.worker).into();
        }
        data
    });
    shown.collect()
}
