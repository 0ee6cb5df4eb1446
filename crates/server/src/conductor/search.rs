//! `/api/workflow/search`, `search-v2` and `running`: finding executions.

use axum::extract::State;
use futures::future::join_all;
use segue_core::execution::Execution;
use segue_core::status::ExecutionStatus;
use segue_core::view::{self, Tasks};
use segue_dialects::query::{self, Condition, Operator, Value};
use segue_store::contract::{Comparison, Direction, Field, Filter, Operand, SearchPage, SearchRequest};
use serde_json::json;

use super::summary::summary;
use crate::app::App;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json as reply};
use crate::route::{Route, get};

/// Executions in one answer, at most (Conductor's limit).
const SIZE_MAX: usize = 5000;

pub(super) fn routes() -> Vec<Route> {
    const PARAMS: &[&str] = &["start", "size", "sort", "freeText", "query"];
    vec![
        get("/api/workflow/search", "Finds executions", summaries).params(PARAMS),
        get("/api/workflow/search-v2", "Finds executions, shows them whole", whole).params(PARAMS),
        get("/api/workflow/running/{name}", "Ids of running executions of a definition", running).params(&[
            "version",
            "startTime",
            "endTime",
        ]),
    ]
}

async fn summaries(State(app): State<App>, params: Params) -> Reply {
    let page = search(&app, &params).await?;
    let found = read_all(&app, &page, summary).await;
    reply(&json!({"totalHits": page.total, "results": found}))
}

async fn whole(State(app): State<App>, params: Params) -> Reply {
    let page = search(&app, &params).await?;
    let found = read_all(&app, &page, |execution| view::workflow(execution, Tasks::LeftOut)).await;
    reply(&json!({"totalHits": page.total, "results": found}))
}

/// Looks at the executions of a page; one that was removed meanwhile is left out.
async fn read_all<T: Send + 'static>(
    app: &App,
    page: &SearchPage,
    look: impl Fn(&Execution) -> T + Copy + Send + 'static,
) -> Vec<T> {
    let read = join_all(page.rows.iter().map(|row| app.engine.read(row.id, look))).await;
    read.into_iter().filter_map(Result::ok).collect()
}

async fn search(app: &App, params: &Params) -> Result<SearchPage, Problem> {
    let size = params.number("size")?.unwrap_or(100);
    if size > SIZE_MAX {
        let message = format!("Cannot return more than {SIZE_MAX} workflows. Please use pagination.");
        return Err(Problem::bad_request(message));
    }
    let conditions = query::parse(params.text("query").unwrap_or("")).map_err(|error| unreadable(&error))?;
    let mut filters: Vec<Filter> = conditions.into_iter().map(filter).collect();
    if let Some(text) = params.text("freeText").map(str::trim).filter(|text| !matches!(*text, "" | "*")) {
        filters.push(anywhere(text));
    }
    let order = query::parse_order(params.text("sort").unwrap_or("")).map_err(|error| unreadable(&error))?;
    let request = SearchRequest {
        filter: Filter::All(filters),
        order: order.into_iter().map(|(field, direction)| (stored(field), sorted(direction))).collect(),
        offset: params.number("start")?.unwrap_or(0),
        count_max: size,
    };
    Ok(app.engine.search(request).await?)
}

fn unreadable(error: &query::Error) -> Problem {
    Problem::bad_request(error.to_string())
}

fn filter(condition: Condition) -> Filter {
    let field = stored(condition.field);
    let mut each = condition.values.into_iter().map(|value| {
        let (comparison, operand) = compared(condition.operator, value);
        Filter::Compare(field, comparison, operand)
    });
    match (each.next(), each.len()) {
        (Some(only), 0) => only,
        (first, _) => Filter::Any(first.into_iter().chain(each).collect()),
    }
}

fn compared(operator: Operator, value: Value) -> (Comparison, Operand) {
    let comparison = match (operator, &value) {
        (Operator::Equal, Value::Text(text)) if text.contains('*') => Comparison::Like,
        (Operator::Equal, _) => Comparison::Equal,
        (Operator::NotEqual, _) => Comparison::NotEqual,
        (Operator::Less, _) => Comparison::Less,
        (Operator::LessOrEqual, _) => Comparison::LessOrEqual,
        (Operator::Greater, _) => Comparison::Greater,
        (Operator::GreaterOrEqual, _) => Comparison::GreaterOrEqual,
    };
    let operand = match value {
        Value::Text(text) => Operand::Text(text.into()),
        Value::Number(number) => Operand::Number(number),
    };
    (comparison, operand)
}

/// The text in any of the fields that people know an execution by.
fn anywhere(text: &str) -> Filter {
    let pattern = format!("*{}*", text.trim_matches('*'));
    let fields = [Field::Id, Field::Name, Field::CorrelationId, Field::Reason];
    let like = |field| Filter::Compare(field, Comparison::Like, Operand::Text(pattern.as_str().into()));
    Filter::Any(fields.map(like).into())
}

fn stored(field: query::Field) -> Field {
    match field {
        query::Field::WorkflowId => Field::Id,
        query::Field::WorkflowType => Field::Name,
        query::Field::Version => Field::Version,
        query::Field::Status => Field::Status,
        query::Field::CorrelationId => Field::CorrelationId,
        query::Field::Priority => Field::Priority,
        query::Field::ParentWorkflowId => Field::Parent,
        query::Field::StartTime => Field::StartedAt,
        query::Field::UpdateTime => Field::UpdatedAt,
        query::Field::EndTime => Field::EndedAt,
        query::Field::ReasonForIncompletion => Field::Reason,
    }
}

fn sorted(direction: query::Direction) -> Direction {
    match direction {
        query::Direction::Ascending => Direction::Ascending,
        query::Direction::Descending => Direction::Descending,
    }
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
    let page = app.engine.search(request).await?;
    reply(&page.rows.iter().map(|row| row.id).collect::<Vec<_>>())
}
