//! `/api/metadata/{workflow|task}/{name}/tags`, and the rate limit of a workflow, which is a tag of its own kind.

use axum::extract::State;
use segue_engine::{Tag, Tagged};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::body::{Body, Text};
use crate::error::Problem;
use crate::query::At;
use crate::reply::{Reply, json, nothing};
use crate::route::{Route, delete, get, post, put};

/// Tags of one definition, at most.
const TAGS_MAX: usize = 200;
/// The kind of tag that names a rate limit.
const RATE_LIMIT: &str = "RATE_LIMIT";

pub(super) fn routes() -> Vec<Route> {
    let workflow = "/api/metadata/workflow/{name}/tags";
    let task = "/api/metadata/task/{name}/tags";
    let limit = "/api/metadata/workflow/{name}/rate-limit";
    vec![
        get(workflow, "Tags of a definition", |app, at| list(app, at, Tagged::Workflow)),
        post(workflow, "Adds tags to a definition", |app, at, body| add(app, at, body, Tagged::Workflow))
            .body("Tag"),
        put(workflow, "Sets the tags of a definition", |app, at, body| set(app, at, body, Tagged::Workflow))
            .body("[Tag]"),
        delete(workflow, "Takes tags from a definition", |app, at, body| {
            remove(app, at, body, Tagged::Workflow)
        })
        .body("Tag"),
        get(task, "Tags of a task definition", |app, at| list(app, at, Tagged::Task)),
        post(task, "Adds tags to a task definition", |app, at, body| add(app, at, body, Tagged::Task))
            .body("Tag"),
        put(task, "Sets the tags of a task definition", |app, at, body| set(app, at, body, Tagged::Task))
            .body("[Tag]"),
        delete(task, "Takes tags from a task definition", |app, at, body| {
            remove(app, at, body, Tagged::Task)
        })
        .body("Tag"),
        get(limit, "The rate limit of a definition", limit_of),
        put(limit, "Keeps a rate limit for a definition", set_limit).body("RateLimitConfig"),
        delete(limit, "Drops the rate limit of a definition", drop_limit),
    ]
}

type AtName = At<String>;

async fn list(State(app): State<App>, At(name): AtName, what: Tagged) -> Reply {
    known(&app, what, &name).await?;
    json(&app.engine.catalog().tags(what, &name))
}

async fn add(State(app): State<App>, At(name): AtName, body: Text, what: Tagged) -> Reply {
    known(&app, what, &name).await?;
    let tags = read(&body)?;
    let has = app.engine.catalog().tags(what, &name);
    let new = tags.iter().filter(|tag| !has.contains(tag)).count();
    bound(has.len() + new)?;
    app.engine.add_tags(what, &name, &tags).await?;
    nothing()
}

async fn set(State(app): State<App>, At(name): AtName, body: Text, what: Tagged) -> Reply {
    known(&app, what, &name).await?;
    let tags = read(&body)?;
    bound(tags.len())?;
    replace(&app, what, &name, &tags, |_| true).await
}

async fn remove(State(app): State<App>, At(name): AtName, body: Text, what: Tagged) -> Reply {
    known(&app, what, &name).await?;
    app.engine.remove_tags(what, &name, &read(&body)?).await?;
    nothing()
}

/// Conductor's RateLimitConfig.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Limit {
    rate_limit_key: String,
    concurrent_exec_limit: Value,
}

async fn limit_of(State(app): State<App>, At(name): AtName) -> Reply {
    known(&app, Tagged::Workflow, &name).await?;
    let tags = app.engine.catalog().tags(Tagged::Workflow, &name);
    match tags.into_iter().find(|tag| tag.kind == RATE_LIMIT) {
        Some(tag) => json(&Limit { rate_limit_key: tag.key, concurrent_exec_limit: tag.value }),
        None => Err(Problem::not_found(format!("No rate limit for workflow {name}"))),
    }
}

async fn set_limit(State(app): State<App>, At(name): AtName, Body(limit): Body<Limit>) -> Reply {
    known(&app, Tagged::Workflow, &name).await?;
    let (key, value) = (limit.rate_limit_key, limit.concurrent_exec_limit);
    let tag = Tag { kind: RATE_LIMIT.to_owned(), key, value };
    replace(&app, Tagged::Workflow, &name, &[tag], |tag| tag.kind == RATE_LIMIT).await
}

async fn drop_limit(State(app): State<App>, At(name): AtName) -> Reply {
    known(&app, Tagged::Workflow, &name).await?;
    replace(&app, Tagged::Workflow, &name, &[], |tag| tag.kind == RATE_LIMIT).await
}

/// Puts tags in the place of those that `goes` says.
async fn replace(app: &App, what: Tagged, name: &str, tags: &[Tag], goes: impl Fn(&Tag) -> bool) -> Reply {
    app.engine.add_tags(what, name, tags).await?;
    let mut old = app.engine.catalog().tags(what, name);
    old.retain(|tag| goes(tag) && !tags.contains(tag));
    app.engine.remove_tags(what, name, &old).await?;
    nothing()
}

/// Takes all tags from a workflow definition of which no version is left, or from a task definition.
pub(super) async fn drop_all(app: &App, what: Tagged, name: &str) -> Result<(), Problem> {
    if is_known(app, what, name) {
        return Ok(());
    }
    let tags = app.engine.catalog().tags(what, name);
    Ok(app.engine.remove_tags(what, name, &tags).await?)
}

async fn known(app: &App, what: Tagged, name: &str) -> Result<(), Problem> {
    app.engine.fresh_catalog().await?;
    if is_known(app, what, name) {
        return Ok(());
    }
    Err(Problem::not_found(match what {
        Tagged::Workflow => format!("No such workflow found by name: {name}"),
        Tagged::Task => format!("No such taskType found by name: {name}"),
    }))
}

fn is_known(app: &App, what: Tagged, name: &str) -> bool {
    let catalog = app.engine.catalog();
    match what {
        Tagged::Workflow => catalog.workflow(name, None).is_some(),
        Tagged::Task => catalog.task(name).is_some(),
    }
}

/// One tag or a list of them.
fn read(body: &Text) -> Result<Vec<Tag>, Problem> {
    let tags: Vec<Tag> = if body.0.trim_start().starts_with('[') {
        segue_dialects::json::read(&body.0)?
    } else {
        vec![segue_dialects::json::read_object(&body.0)?]
    };
    if tags.iter().any(|tag| tag.key.is_empty()) {
        return Err(Problem::invalid_field("key", "tag key cannot be empty"));
    }
    Ok(tags)
}

fn bound(count: usize) -> Result<(), Problem> {
    if count <= TAGS_MAX {
        return Ok(());
    }
    Err(Problem::bad_request(format!("A definition cannot have more than {TAGS_MAX} tags.")))
}
