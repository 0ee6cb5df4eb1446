//! `/api/metadata/workflow`: registered definitions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use segue_core::definition::{Violation, WorkflowDef, validate};
use segue_engine::{Engine, Tagged};
use segue_store::contract::Overwrite;
use serde::Serialize;
use serde_json::json;

use super::tags;
use crate::app::App;
use crate::body::Text;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json as reply, nothing};
use crate::route::{Route, delete, get, post, put};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/metadata/workflow", "Registers a definition", create)
            .params(&["overwrite"])
            .body("WorkflowDef"),
        put("/api/metadata/workflow", "Registers definitions, the later wins", update).body("[WorkflowDef]"),
        post("/api/metadata/workflow/validate", "Checks a definition", check).body("WorkflowDef"),
        get("/api/metadata/workflow", "All definitions, all versions", all),
        get("/api/metadata/workflow/names", "Names of definitions", names),
        get("/api/metadata/workflow/names-and-versions", "Names with their versions", names_and_versions),
        get("/api/metadata/workflow/latest-versions", "The latest version of each definition", latest),
        get("/api/metadata/workflow/{name}", "One definition", one).params(&["version"]),
        get("/api/metadata/workflow/{name}/versions", "The versions of a definition", versions),
        delete("/api/metadata/workflow/{name}/{version}", "Deletes a definition", remove),
    ]
}

async fn create(State(app): State<App>, params: Params, body: Text) -> Reply {
    let overwrite = params.flag("overwrite", false)?;
    let mut definition = segue_dialects::conductor::workflow(&body.0)?;
    refuse_invalid(violations(&app.engine, &definition, "").await)?;
    stamp(&app.engine, &mut definition);
    let policy = if overwrite { Overwrite::Allowed } else { Overwrite::Refused };
    match app.engine.put_workflows(std::slice::from_ref(&definition), policy).await? {
        None => nothing(),
        Some(_) => {
            let WorkflowDef { name, version, .. } = definition;
            Err(Problem::conflict(format!("Workflow with {name}.{version} already exists!")))
        }
    }
}

async fn update(State(app): State<App>, body: Text) -> Reply {
    let mut definitions = segue_dialects::conductor::workflows(&body.0)?;
    let mut found = Vec::new();
    for (at, definition) in definitions.iter().enumerate() {
        found.extend(violations(&app.engine, definition, &format!("[{at}]")).await);
    }
    refuse_invalid(found)?;
    definitions.iter_mut().for_each(|definition| stamp(&app.engine, definition));
    app.engine.put_workflows(&definitions, Overwrite::Allowed).await?;
    let names: Vec<&str> = definitions.iter().map(|def| def.name.as_str()).collect();
    reply(&json!({"bulkErrorResults": {}, "bulkSuccessfulResults": names}))
}

async fn check(State(app): State<App>, body: Text) -> Reply {
    let definition = segue_dialects::conductor::workflow(&body.0)?;
    refuse_invalid(violations(&app.engine, &definition, "").await)?;
    nothing()
}

/// Everything that keeps a definition from running, its paths below `above`.
pub(super) async fn violations(engine: &Engine, definition: &WorkflowDef, above: &str) -> Vec<Violation> {
    let registered = |name: &str| engine.catalog().task(name).map(|def| (*def).clone());
    let mut found = validate(definition, &registered);
    if found.is_empty() {
        found = engine.catalog().plan_of(definition).err().unwrap_or_default();
    }
    if found.is_empty() {
        found = engine.script_violations(definition).await;
    }
    if !above.is_empty() {
        found.iter_mut().for_each(|violation| violation.path = format!("{above}.{}", violation.path));
    }
    found
}

pub(super) fn refuse_invalid(violations: Vec<Violation>) -> Result<(), Problem> {
    if violations.is_empty() { Ok(()) } else { Err(Problem::invalid(violations)) }
}

/// Notes when a definition was registered first and last.
fn stamp(engine: &Engine, definition: &mut WorkflowDef) {
    let now = engine.now().0;
    let version = u32::try_from(definition.version).ok();
    match engine.catalog().workflow(&definition.name, version) {
        Some(earlier) => {
            definition.create_time = earlier.create_time;
            definition.update_time = now;
        }
        None => definition.create_time = now,
    }
}

async fn one(State(app): State<App>, At(name): At<String>, params: Params) -> Reply {
    let version: Option<i64> = params.number("version")?;
    let catalog = app.engine.fresh_catalog().await?;
    // No definition has a version that is out of range.
    let found = match version.map(u32::try_from).transpose() {
        Ok(version) => catalog.workflow(&name, version),
        Err(_) => None,
    };
    match found {
        Some(definition) => reply(&*definition),
        None => {
            let version = version.map_or("null".to_owned(), |version| version.to_string());
            Err(Problem::not_found(format!("No such workflow found by name: {name}, version: {version}")))
        }
    }
}

async fn all(State(app): State<App>) -> Reply {
    reply(&app.engine.fresh_catalog().await?.workflows())
}

async fn names(State(app): State<App>) -> Reply {
    let definitions = app.engine.fresh_catalog().await?.workflows();
    reply(&definitions.iter().map(|def| def.name.as_str()).collect::<BTreeSet<_>>())
}

/// Conductor's WorkflowDefSummary.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    name: &'a str,
    version: i32,
    create_time: i64,
    update_time: i64,
}

impl<'a> Summary<'a> {
    fn of(def: &'a WorkflowDef) -> Self {
        Self {
            name: &def.name,
            version: def.version,
            create_time: def.create_time,
            update_time: def.update_time,
        }
    }
}

async fn names_and_versions(State(app): State<App>) -> Reply {
    let definitions = app.engine.fresh_catalog().await?.workflows();
    let mut by_name: BTreeMap<&str, Vec<Summary<'_>>> = BTreeMap::new();
    for definition in &definitions {
        by_name.entry(&definition.name).or_default().push(Summary::of(definition));
    }
    reply(&by_name)
}

async fn versions(State(app): State<App>, At(name): At<String>) -> Reply {
    let definitions = app.engine.fresh_catalog().await?.workflows();
    reply(&definitions.iter().filter(|def| def.name == name).map(|def| Summary::of(def)).collect::<Vec<_>>())
}

async fn latest(State(app): State<App>) -> Reply {
    let mut latest: BTreeMap<String, Arc<WorkflowDef>> = BTreeMap::new();
    // In the order of versions, so the last one stays.
    for definition in app.engine.fresh_catalog().await?.workflows() {
        latest.insert(definition.name.clone(), definition);
    }
    reply(&latest.into_values().collect::<Vec<_>>())
}

async fn remove(State(app): State<App>, At((name, version)): At<(String, String)>) -> Reply {
    let number: Option<u32> = version.parse().ok();
    let existed = match number {
        Some(number) => app.engine.delete_workflow(&name, number).await?,
        None => false,
    };
    if existed {
        tags::drop_all(&app, Tagged::Workflow, &name).await?;
        return nothing();
    }
    Err(Problem::not_found(format!("No such workflow definition: {name} version: {version}")))
}
