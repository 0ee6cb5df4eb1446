//! `/api/scheduler/search/executions`: what schedules fired. A firing is an execution, so this is a search for executions whose
//! names and statuses are told in the words of schedules.

use axum::extract::State;
use futures::future::join_all;
use segue_dialects::query::{Kind, Vocabulary};
use segue_engine::firing_definition;
use segue_store::contract::{Comparison, Field, Filter, Operand};

use super::super::search::{Hits, request, result};
use crate::app::App;
use crate::query::Params;
use crate::reply::{Reply, json as reply};
use crate::route::{Route, get};

/// What firings are searched by.
const FIRINGS: Vocabulary<Field> = Vocabulary(&[
    ("executionId", Field::Id, Kind::Text),
    ("scheduleName", Field::Name, Kind::Text),
    ("state", Field::Status, Kind::Text),
    ("status", Field::Status, Kind::Text),
    ("executionTime", Field::StartedAt, Kind::Instant),
    ("scheduledTime", Field::StartedAt, Kind::Instant),
    ("startTime", Field::StartedAt, Kind::Instant),
    ("endTime", Field::EndedAt, Kind::Instant),
    ("reason", Field::Reason, Kind::Text),
]);

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/scheduler/search/executions", "What schedules fired, and what failed", search)
            .params(&["start", "size", "sort", "freeText", "query"]),
    ]
}

async fn search(State(app): State<App>, params: Params) -> Reply {
    let mut request = request::page(&params, FIRINGS, "executions")?;
    let every = Operand::Text(firing_definition("*").into());
    let firings = Filter::Compare(Field::Name, Comparison::Like, every);
    request.filter = Filter::All(vec![firings, in_words_of_executions(request.filter)]);
    let found = app.engine.search(request).await?;
    let read = join_all(found.page.rows.iter().map(|row| app.engine.firing(row.id))).await;
    // One that was removed meanwhile is left out.
    let results = read.into_iter().flatten().filter_map(|firing| serde_json::to_value(firing).ok());
    let hits = Hits { total: found.page.total, capped: found.page.total_capped, behind: found.behind };
    reply(&result(hits, results.collect()))
}

fn in_words_of_executions(filter: Filter) -> Filter {
    let all = |filters: Vec<Filter>| filters.into_iter().map(in_words_of_executions).collect();
    match filter {
        Filter::All(filters) => Filter::All(all(filters)),
        Filter::Any(filters) => Filter::Any(all(filters)),
        Filter::Not(filter) => Filter::Not(Box::new(in_words_of_executions(*filter))),
        Filter::Compare(Field::Name, comparison, Operand::Text(name)) => {
            Filter::Compare(Field::Name, comparison, Operand::Text(firing_definition(&name).into()))
        }
        Filter::Compare(Field::Status, comparison, Operand::Text(state)) => {
            let status = match &*state {
                "EXECUTED" => "COMPLETED".into(),
                "POLLED" => "RUNNING".into(),
                _ => state,
            };
            Filter::Compare(Field::Status, comparison, Operand::Text(status))
        }
        other => other,
    }
}
