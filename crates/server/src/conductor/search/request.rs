//! What a search asks for, from its parameters.

use segue_core::words;
use segue_dialects::query::{self, Expression, Kind, Operator, Value, Vocabulary};
use segue_store::contract::{Comparison, Direction, Field, Filter, Operand, SearchRequest, TaskField};

use crate::error::Problem;
use crate::query::Params;

/// Results in one answer, at most (Conductor's limit).
pub(super) const SIZE_MAX: usize = 5000;
/// Results in one answer if nothing is said (Conductor's default).
const SIZE: usize = 100;

/// What executions are searched by.
pub(super) const EXECUTIONS: Vocabulary<Field> = Vocabulary(&[
    ("workflowId", Field::Id, Kind::Text),
    ("workflowType", Field::Name, Kind::Text),
    ("version", Field::Version, Kind::Number),
    ("status", Field::Status, Kind::Text),
    ("correlationId", Field::CorrelationId, Kind::Text),
    ("priority", Field::Priority, Kind::Number),
    ("parentWorkflowId", Field::Parent, Kind::Text),
    ("startTime", Field::StartedAt, Kind::Instant),
    ("updateTime", Field::UpdatedAt, Kind::Instant),
    ("endTime", Field::EndedAt, Kind::Instant),
    ("reasonForIncompletion", Field::Reason, Kind::Text),
]);

/// What attempts are searched by.
pub(super) const TASKS: Vocabulary<TaskField> = Vocabulary(&[
    ("taskId", TaskField::Id, Kind::Text),
    ("taskType", TaskField::Type, Kind::Text),
    ("taskDefName", TaskField::DefinitionName, Kind::Text),
    ("status", TaskField::Status, Kind::Text),
    ("referenceTaskName", TaskField::Reference, Kind::Text),
    ("workflowId", TaskField::Execution, Kind::Text),
    ("workflowType", TaskField::ExecutionName, Kind::Text),
    ("correlationId", TaskField::CorrelationId, Kind::Text),
    ("scheduledTime", TaskField::ScheduledAt, Kind::Instant),
    ("startTime", TaskField::StartedAt, Kind::Instant),
    ("updateTime", TaskField::UpdatedAt, Kind::Instant),
    ("endTime", TaskField::EndedAt, Kind::Instant),
    ("reasonForIncompletion", TaskField::Reason, Kind::Text),
    ("domain", TaskField::Domain, Kind::Text),
]);

/// `start`, `size`, `sort`, `freeText` and `query`.
pub(in crate::conductor) fn page<F: Copy>(
    params: &Params,
    vocabulary: Vocabulary<F>,
    what: &str,
) -> Result<SearchRequest<F>, Problem> {
    Ok(SearchRequest {
        count_max: size(params, what)?,
        filter: filter(params, vocabulary)?,
        order: order(params, vocabulary)?,
        offset: params.number("start")?.unwrap_or(0),
    })
}

pub(super) fn size(params: &Params, what: &str) -> Result<usize, Problem> {
    match params.number("size")?.unwrap_or(SIZE) {
        size if size > SIZE_MAX => Err(Problem::bad_request(format!(
            "Cannot return more than {SIZE_MAX} {what}. Please use pagination."
        ))),
        size => Ok(size),
    }
}

/// `query` and `freeText`. More than one query must hold together, each with columns of its own.
pub(super) fn filter<F: Copy>(params: &Params, vocabulary: Vocabulary<F>) -> Result<Filter<F>, Problem> {
    let read = |query: &str| query::parse(query, vocabulary).map(stored);
    let queries = params.all("query").map(read).collect::<Result<Vec<_>, _>>();
    let mut filters = queries.map_err(|error| Problem::bad_request(error.to_string()))?;
    let question = words::question(params.text("freeText").unwrap_or(""));
    let phrases = question.map_err(|error| Problem::bad_request(error.to_string()))?;
    filters.extend(phrases.map(Filter::Words));
    Ok(Filter::All(filters))
}

pub(super) fn order<F: Copy>(
    params: &Params,
    vocabulary: Vocabulary<F>,
) -> Result<Vec<(F, Direction)>, Problem> {
    let order = query::parse_order(params.text("sort").unwrap_or(""), vocabulary);
    let order = order.map_err(|error| Problem::bad_request(error.to_string()))?;
    let directed = |(field, direction)| match direction {
        query::Direction::Ascending => (field, Direction::Ascending),
        query::Direction::Descending => (field, Direction::Descending),
    };
    Ok(order.into_iter().map(directed).collect())
}

/// A field without a value equals the empty text, as where it is kept as one.
fn stored<F: Copy>(expression: Expression<F>) -> Filter<F> {
    let all = |parts: Vec<Expression<F>>| parts.into_iter().map(stored).collect();
    match expression {
        Expression::All(parts) => Filter::All(all(parts)),
        Expression::Any(parts) => Filter::Any(all(parts)),
        Expression::Not(inner) => Filter::Not(Box::new(stored(*inner))),
        Expression::IsNull(field) => Filter::IsNull(field),
        Expression::Fits(field, pattern) => {
            Filter::Compare(field, Comparison::Like, Operand::Text(pattern.into()))
        }
        Expression::Compare(field, Operator::Equal, Value::Text(text)) if text.is_empty() => {
            let empty = Filter::Compare(field, Comparison::Equal, Operand::Text(text.into()));
            Filter::Any(vec![Filter::IsNull(field), empty])
        }
        Expression::Compare(field, Operator::NotEqual, Value::Text(text)) if text.is_empty() => {
            Filter::Not(Box::new(stored(Expression::Compare(field, Operator::Equal, Value::Text(text)))))
        }
        Expression::Compare(field, operator, value) => {
            let operand = match value {
                Value::Text(text) => Operand::Text(text.into()),
                Value::Number(number) => Operand::Number(number),
            };
            Filter::Compare(field, comparison(operator), operand)
        }
    }
}

fn comparison(operator: Operator) -> Comparison {
    match operator {
        Operator::Equal => Comparison::Equal,
        Operator::NotEqual => Comparison::NotEqual,
        Operator::Less => Comparison::Less,
        Operator::LessOrEqual => Comparison::LessOrEqual,
        Operator::Greater => Comparison::Greater,
        Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
    }
}
