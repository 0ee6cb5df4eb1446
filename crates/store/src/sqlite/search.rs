//! Filters and orders as SQL.

use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};
use segue_core::id::ExecutionId;
use segue_core::status::ExecutionStatus;

use super::SqliteStore;
use super::codec::{self, ROW_COLUMNS, limit};
use crate::contract::{
    Comparison, Direction, ExecutionRow, Field, Filter, Operand, Result, Search, SearchPage, SearchRequest,
    TOTAL_MAX,
};

#[async_trait]
impl Search for SqliteStore {
    async fn search(&self, request: SearchRequest) -> Result<SearchPage> {
        self.read_tables(move |connection| {
            let mut condition = Condition::default();
            condition.push(&request.filter);
            let Condition { sql: condition, mut values } = condition;
            let counted = TOTAL_MAX + 1;
            let sql =
                format!("SELECT count(*) FROM (SELECT 1 FROM executions WHERE {condition} LIMIT {counted})");
            let mut count = connection.prepare_cached(&sql)?;
            let matching = count.query_row(params_from_iter(&values), |row| codec::unsigned(row, 0))?;

            let order = order(&request.order);
            let sql = format!(
                "SELECT {ROW_COLUMNS} FROM executions WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?"
            );
            values.extend([limit(request.count_max), limit(request.offset)].map(Value::Integer));
            let mut select = connection.prepare_cached(&sql)?;
            let rows = select.query_map(params_from_iter(&values), codec::execution_row)?;
            Ok(SearchPage {
                rows: rows.collect::<rusqlite::Result<_>>()?,
                total: matching.min(TOTAL_MAX),
                total_capped: matching > TOTAL_MAX,
            })
        })
        .await
    }

    async fn row(&self, execution: ExecutionId) -> Result<Option<ExecutionRow>> {
        self.read_tables(move |connection| {
            let sql = format!("SELECT {ROW_COLUMNS} FROM executions WHERE id = ?1");
            let mut select = connection.prepare_cached(&sql)?;
            select.query_row([execution.to_bytes()], codec::execution_row).optional()
        })
        .await
    }

    async fn counts(&self) -> Result<Vec<(ExecutionStatus, u64)>> {
        let counts = self.read_tables(|connection| {
            let mut select =
                connection.prepare_cached("SELECT status, count(*) FROM executions GROUP BY status")?;
            let counts = select.query_map([], |row| Ok((row.get(0)?, codec::unsigned(row, 1)?)))?;
            counts.collect::<rusqlite::Result<Vec<(String, u64)>>>()
        });
        let counts = counts.await?;
        let count = |status: ExecutionStatus| {
            let found = counts.iter().find(|(name, _)| name == status.as_str());
            found.map(|(_, count)| (status, *count))
        };
        Ok(ExecutionStatus::ALL.into_iter().filter_map(count).collect())
    }
}

/// A condition and the values of its question marks, in order.
#[derive(Default)]
struct Condition {
    sql: String,
    values: Vec<Value>,
}

impl Condition {
    fn push(&mut self, filter: &Filter) {
        match filter {
            Filter::All(filters) => self.push_joined(filters, " AND ", "1"),
            Filter::Any(filters) => self.push_joined(filters, " OR ", "0"),
            Filter::Compare(field, comparison, operand) => match (kind(*field), operand) {
                (Kind::Text(column), Operand::Text(text)) => self.push_text(column, *comparison, text),
                (Kind::Number(column), Operand::Number(number)) if *comparison != Comparison::Like => {
                    self.push_comparison(column, *comparison, Value::Integer(*number));
                }
                (Kind::Execution { column, text: shown }, Operand::Text(text)) => {
                    self.push_id(column, shown, *comparison, text);
                }
                // An operand of the other kind.
                _ => self.sql.push_str(if *comparison == Comparison::NotEqual { "1" } else { "0" }),
            },
        }
    }

    fn push_joined(&mut self, filters: &[Filter], by: &str, empty: &str) {
        if filters.is_empty() {
            self.sql.push_str(empty);
            return;
        }
        for (index, filter) in filters.iter().enumerate() {
            self.sql.push_str(if index == 0 { "(" } else { by });
            self.push(filter);
        }
        self.sql.push(')');
    }

    fn push_text(&mut self, column: &str, comparison: Comparison, text: &str) {
        if comparison == Comparison::Like {
            self.sql.push_str(&format!("({column}) GLOB ?"));
            self.values.push(Value::Text(glob(text)));
        } else {
            self.push_comparison(column, comparison, Value::Text(text.to_owned()));
        }
    }

    /// Equality goes by the stored bytes, for which there is an index; the rest by the text that a reader sees.
    fn push_id(&mut self, column: &str, shown: &str, comparison: Comparison, text: &str) {
        let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let id = text.parse::<ExecutionId>().ok().filter(|id| id.to_string() == text);
        match id {
            Some(id) if is_equality => {
                let (first, last) = codec::task_range(id);
                let within = match comparison {
                    Comparison::NotEqual => format!("NOT coalesce({column} BETWEEN ? AND ?, 0)"),
                    _ => format!("{column} BETWEEN ? AND ?"),
                };
                self.sql.push_str(&within);
                self.values.extend([first, last].map(|bytes| Value::Blob(bytes.to_vec())));
            }
            _ => self.push_text(shown, comparison, text),
        }
    }

    fn push_comparison(&mut self, column: &str, comparison: Comparison, value: Value) {
        let operator = match comparison {
            Comparison::Equal => "=",
            Comparison::NotEqual => "IS NOT",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
            Comparison::Like => "GLOB",
        };
        self.sql.push_str(&format!("({column}) {operator} ?"));
        self.values.push(value);
    }
}

/// How a field is stored.
enum Kind {
    Text(&'static str),
    Number(&'static str),
    /// As 16 bytes; `text` gives the form that is shown. An attempt's id stands for its execution.
    Execution {
        column: &'static str,
        text: &'static str,
    },
}

/// The text form of the column `id`.
const ID_TEXT: &str = "lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || \
     substr(hex(id), 13, 4) || '-' || substr(hex(id), 17, 4) || '-' || substr(hex(id), 21))";
/// The text form of the execution that the attempt in the column `parent` belongs to.
const PARENT_TEXT: &str = "CASE WHEN parent IS NOT NULL THEN \
     lower(substr(hex(parent), 1, 8) || '-' || substr(hex(parent), 9, 4) || '-' || \
     substr(hex(parent), 13, 4) || '-' || substr(hex(parent), 17, 4) || '-' || substr(hex(parent), 21, 4)) \
     || '00000000' END";

fn kind(field: Field) -> Kind {
    match field {
        Field::Id => Kind::Execution { column: "id", text: ID_TEXT },
        Field::Parent => Kind::Execution { column: "parent", text: PARENT_TEXT },
        Field::Name => Kind::Text("name"),
        Field::Status => Kind::Text("status"),
        Field::CorrelationId => Kind::Text("correlation_id"),
        Field::Reason => Kind::Text("reason"),
        Field::Version => Kind::Number("version"),
        Field::Priority => Kind::Number("priority"),
        Field::StartedAt => Kind::Number("started_at"),
        Field::UpdatedAt => Kind::Number("updated_at"),
        Field::EndedAt => Kind::Number("ended_at"),
    }
}

/// `GLOB` compares case and bytes as the contract asks; its wildcards beyond `*` are taken literally.
fn glob(pattern: &str) -> String {
    pattern.replace('[', "[[]").replace('?', "[?]")
}

fn order(asked: &[(Field, Direction)]) -> String {
    let mut order = String::new();
    for (field, direction) in asked {
        let column = match kind(*field) {
            Kind::Text(column) | Kind::Number(column) => column,
            // Attempts of one parent are equal.
            Kind::Execution { column: "parent", .. } => "substr(parent, 1, 12)",
            Kind::Execution { column, .. } => column,
        };
        let direction = match direction {
            Direction::Ascending => "ASC",
            Direction::Descending => "DESC",
        };
        order.push_str(&format!("{column} {direction}, "));
    }
    order + "started_at DESC, id DESC"
}
