//! `/api/workflow/search`, `search-by-tasks`, their `-v2`, and `running`: finding executions.

pub(super) mod request;
mod tasks;

use axum::extract::State;
use futures::future::join_all;
use segue_core::execution::Execution;
use segue_core::status::ExecutionStatus;
use segue_core::view::{self, Tasks};
use segue_engine::Searched;
use segue_store::contract::{Comparison, Field, Filter, Operand, SearchPage, SearchRequest};
use serde_json::{Map, Value};

use super::summary::summary;
use crate::app::App;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json as reply};
use crate::route::{Route, get};
use request::{EXECUTIONS, SIZE_MAX, TASKS};

pub(super) fn routes() -> Vec<Route> {
    const PARAMS: &[&str] = &["start", "size", "sort", "freeText", "query"];
    const TOP: &[&str] = &["start", "size", "sort", "freeText", "query", "topLevelOnly"];
    vec![
        get("/api/workflow/search", "Finds executions", summaries).params(TOP),
        get("/api/workflow/search-v2", "Finds executions, shows them whole", whole).params(TOP),
        get("/api/workflow/search-by-tasks", "Finds executions by their attempts", summaries_by_tasks)
            .params(PARAMS),
        get(
            "/api/workflow/search-by-tasks-v2",
            "Finds executions by their attempts, shows them whole",
            whole_by_tasks,
        )
        .params(PARAMS),
        get("/api/tasks/search", "Finds attempts", tasks::summaries).params(PARAMS),
        get("/api/tasks/search-v2", "Finds attempts, shows them whole", tasks::whole).params(PARAMS),
        get("/api/workflow/running/{name}", "Ids of running executions of a definition", running).params(&[
            "version",
            "startTime",
            "endTime",
        ]),
    ]
}

async fn summaries(State(app): State<App>, params: Params) -> Reply {
    show(&app, search(&app, &params).await?, summary).await
}

async fn whole(State(app): State<App>, params: Params) -> Reply {
    show(&app, search(&app, &params).await?, bare).await
}

async fn summaries_by_tasks(State(app): State<App>, params: Params) -> Reply {
    show(&app, search_by_tasks(&app, &params).await?, summary).await
}

async fn whole_by_tasks(State(app): State<App>, params: Params) -> Reply {
    show(&app, search_by_tasks(&app, &params).await?, bare).await
}

fn bare(execution: &Execution) -> Value {
    view::workflow(execution, Tasks::LeftOut)
}

async fn search(app: &App, params: &Params) -> Result<Searched<SearchPage>, Problem> {
    let mut request = request::page(params, EXECUTIONS, "workflows")?;
    if params.flag("topLevelOnly", false)? {
        request.filter = Filter::All(vec![request.filter, Filter::IsNull(Field::Parent)]);
    }
    Ok(app.engine.search(request).await?)
}

/// Query and free text are about attempts, the order is of executions.
async fn search_by_tasks(app: &App, params: &Params) -> Result<Searched<SearchPage>, Problem> {
    let task = request::filter(params, TASKS)?;
    let request = SearchRequest {
        filter: Filter::All(Vec::new()),
        order: request::order(params, EXECUTIONS)?,
        offset: params.number("start")?.unwrap_or(0),
        count_max: request::size(params, "workflows")?,
    };
    Ok(app.engine.search_by_tasks(request, task).await?)
}

/// Looks at the executions of a page; one that was removed meanwhile is left out.
async fn show(
    app: &App,
    found: Searched<SearchPage>,
    look: impl Fn(&Execution) -> Value + Copy + Send + 'static,
) -> Reply {
    let Searched { page, behind } = found;
    let read = join_all(page.rows.iter().map(|row| app.engine.read(row.id, look))).await;
    let results = read.into_iter().filter_map(Result::ok).collect();
    reply(&result(Hits { total: page.total, capped: page.total_capped, behind }, results))
}

/// How much was found.
#[derive(Clone, Copy)]
pub(super) struct Hits {
    pub(super) total: u64,
    pub(super) capped: bool,
    pub(super) behind: u64,
}

/// Conductor's SearchResult. It says where it does not know better: there are more hits than were counted, or the index lacks
/// so many records.
pub(super) fn result(hits: Hits, results: Vec<Value>) -> Value {
    let mut result = Map::new();
    result.insert("totalHits".to_owned(), hits.total.into());
    result.insert("results".to_owned(), results.into());
    if hits.capped {
        result.insert("totalHitsCapped".to_owned(), true.into());
    }
    if hits.behind > 0 {
        result.insert("indexBehind".to_owned(), hits.behind.into());
    }
    Value::Object(result)
}

/// With both times: everything that began between them, whatever its status (Conductor).
async fn running(State(app): State<App>, At(name): At<String>, params: Params) -> Reply {
    let mut filters =
        vec![Filter::Compare(Field::Name, Comparison::Equal, Operand::Text(name.as_str().into()))];
    if let Some(version) = params.number("version")? {
        filters.push(Filter::Compare(Field::Version, Comparison::Equal, Operand::Number(version)));
    }
    match (params.number("startTime")?, params.number("endTime")?) {
        (Some(from), Some(to)) => {
            let bounds = [(Comparison::GreaterOrEqual, from), (Comparison::LessOrEqual, to)];
            let bound = |(comparison, at)| Filter::Compare(Field::StartedAt, comparison, Operand::Number(at));
            filters.extend(bounds.map(bound));
        }
        _ => {
            let status = Operand::Text(ExecutionStatus::Running.as_str().into());
            filters.push(Filter::Compare(Field::Status, Comparison::Equal, status));
        }
    }
    let request =
        SearchRequest { filter: Filter::All(filters), order: Vec::new(), offset: 0, count_max: SIZE_MAX };
    let page = app.engine.search(request).await?.page;
    reply(&page.rows.iter().map(|row| row.id).collect::<Vec<_>>())
}
