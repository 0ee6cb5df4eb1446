//! Finding executions. Values reach the database as bound parameters only; what is pasted are names of columns and
//! operators from this file.

use async_trait::async_trait;
use segue_core::id::ExecutionId;
use segue_core::status::ExecutionStatus;
use tokio_postgres::types::ToSql;

use super::PostgresStore;
use super::batch::{column, number};
use super::read::{self, get, unsigned};
use crate::contract::{
    Comparison, Direction, ExecutionRow, Field, Filter, Operand, Result, Search, SearchPage, SearchRequest,
    TOTAL_MAX,
};

const COLUMNS: &str = include_str!("sql/row_columns.sql");

#[async_trait]
impl Search for PostgresStore {
    async fn search(&self, request: SearchRequest) -> Result<SearchPage> {
        let mut condition = Condition::default();
        let filter = condition.filter(&request.filter);
        let total_sql =
            format!("SELECT count(*) FROM (SELECT FROM live WHERE {filter} LIMIT {}) AS hits", TOTAL_MAX + 1);
        let counted = self.fetch(&total_sql, &condition.params()).await?;
        let total = counted.first().map_or(Ok(0), |row| Ok(unsigned(get(row, 0)?)))?;
        let (limit, offset) = (number(request.count_max as u64), number(request.offset as u64));
        let next = condition.values.len() + 1;
        let sql = format!(
            "SELECT {COLUMNS} FROM live WHERE {filter} ORDER BY {} LIMIT ${next}::bigint OFFSET ${}::bigint",
            order(&request.order),
            next + 1
        );
        let mut params = condition.params();
        params.extend([&limit as &(dyn ToSql + Sync), &offset]);
        let rows = self.fetch(&sql, &params).await?;
        Ok(SearchPage {
            rows: rows.iter().map(read::execution_row).collect::<Result<_>>()?,
            total: total.min(TOTAL_MAX),
            total_capped: total > TOTAL_MAX,
        })
    }

    async fn row(&self, execution: ExecutionId) -> Result<Option<ExecutionRow>> {
        let sql = format!("SELECT {COLUMNS} FROM live WHERE id = $1");
        self.fetch(&sql, &[&execution.uuid()]).await?.first().map(read::execution_row).transpose()
    }

    async fn counts(&self) -> Result<Vec<(ExecutionStatus, u64)>> {
        let mut counts = Vec::new();
        for row in self.fetch(include_str!("sql/counts.sql"), &[]).await? {
            counts.push((read::status(get(&row, 0)?)?, unsigned(get(&row, 1)?)));
        }
        counts.sort_unstable_by_key(|(status, _)| *status);
        Ok(counts)
    }
}

/// A bound value.
enum Value {
    Text(String),
    Number(i64),
    Id(uuid::Uuid),
}

#[derive(Default)]
struct Condition {
    values: Vec<Value>,
}

impl Condition {
    fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values
            .iter()
            .map(|value| match value {
                Value::Text(text) => text as &(dyn ToSql + Sync),
                Value::Number(number) => number,
                Value::Id(id) => id,
            })
            .collect()
    }

    /// The filter as SQL, its values bound.
    fn filter(&mut self, filter: &Filter) -> String {
        match filter {
            Filter::All(filters) if filters.is_empty() => "true".to_owned(),
            Filter::Any(filters) if filters.is_empty() => "false".to_owned(),
            Filter::All(filters) => self.join(filters, " AND "),
            Filter::Any(filters) => self.join(filters, " OR "),
            Filter::Compare(field, comparison, operand) => self.compare(*field, *comparison, operand),
        }
    }

    fn join(&mut self, filters: &[Filter], conjunction: &str) -> String {
        let parts: Vec<String> = filters.iter().map(|filter| self.filter(filter)).collect();
        format!("({})", parts.join(conjunction))
    }

    fn compare(&mut self, field: Field, comparison: Comparison, operand: &Operand) -> String {
        let (name, value) = match (kind(field), operand) {
            (Kind::Number(name), Operand::Number(number)) if comparison != Comparison::Like => {
                (name.to_owned(), Value::Number(*number))
            }
            (Kind::Text(name), Operand::Text(text)) => (name.to_owned(), Value::Text(column(text))),
            (Kind::Id(name), Operand::Text(text)) => match canonical(text) {
                // By the column itself, so that its index serves.
                Some(id) if comparison != Comparison::Like => (name.to_owned(), Value::Id(id)),
                _ => (format!("({name}::text COLLATE \"C\")"), Value::Text(column(text))),
            },
            // A value of the other kind equals nothing.
            _ => return (if comparison == Comparison::NotEqual { "true" } else { "false" }).to_owned(),
        };
        let value = match (comparison, value) {
            (Comparison::Like, Value::Text(text)) => Value::Text(pattern(&text)),
            (_, value) => value,
        };
        let cast = match value {
            Value::Text(_) => "text",
            Value::Number(_) => "bigint",
            Value::Id(_) => "uuid",
        };
        self.values.push(value);
        format!("{name} {} ${}::{cast}", operator(comparison), self.values.len())
    }
}

enum Kind {
    Text(&'static str),
    Number(&'static str),
    Id(&'static str),
}

fn kind(field: Field) -> Kind {
    match field {
        Field::Id => Kind::Id("id"),
        Field::Name => Kind::Text("name"),
        Field::Version => Kind::Number("version"),
        Field::Status => Kind::Text("status"),
        Field::CorrelationId => Kind::Text("correlation_id"),
        Field::Priority => Kind::Number("priority"),
        Field::Parent => Kind::Id("parent_execution"),
        Field::StartedAt => Kind::Number("started_at"),
        Field::UpdatedAt => Kind::Number("updated_at"),
        Field::EndedAt => Kind::Number("ended_at"),
        Field::Reason => Kind::Text("reason"),
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "IS DISTINCT FROM",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Like => "LIKE",
    }
}

/// The id, if the text is exactly how it is written; ids compare as their texts do.
fn canonical(text: &str) -> Option<uuid::Uuid> {
    uuid::Uuid::parse_str(text).ok().filter(|id| id.to_string() == text)
}

/// `*` is any run of characters; what LIKE holds special stands for itself.
fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 4);
    for letter in text.chars() {
        match letter {
            '*' => pattern.push('%'),
            '%' | '_' | '\\' => pattern.extend(['\\', letter]),
            _ => pattern.push(letter),
        }
    }
    pattern
}

/// A row without a value comes before all others.
fn order(asked: &[(Field, Direction)]) -> String {
    let mut terms: Vec<String> = asked
        .iter()
        .map(|(field, direction)| {
            let (Kind::Text(name) | Kind::Number(name) | Kind::Id(name)) = kind(*field);
            match direction {
                Direction::Ascending => format!("{name} ASC NULLS FIRST"),
                Direction::Descending => format!("{name} DESC NULLS LAST"),
            }
        })
        .collect();
    terms.push("started_at DESC, id DESC".to_owned());
    terms.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_pasted() {
        let nasty = "x' OR '1'='1";
        let filter = Filter::Any(vec![
            Filter::Compare(Field::Name, Comparison::Equal, Operand::Text(nasty.into())),
            Filter::Compare(Field::Id, Comparison::Like, Operand::Text(nasty.into())),
            Filter::Compare(Field::Version, Comparison::NotEqual, Operand::Text(nasty.into())),
        ]);
        let mut condition = Condition::default();
        let sql = condition.filter(&filter);
        assert_eq!(sql, "(name = $1::text OR (id::text COLLATE \"C\") LIKE $2::text OR true)");
        assert_eq!(condition.params().len(), 2);
        assert_eq!(pattern("50%_*\\"), "50\\%\\_%\\\\");
    }
}
