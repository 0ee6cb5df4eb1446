//! Filters and orders as SQL. Values reach the database as bound parameters only.

use rusqlite::types::Value;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::words::{Last, Phrase};
use uuid::Uuid;

use super::codec;
use crate::contract::{Comparison, Direction, Field, Filter, Operand, TaskField};

/// A field as it is stored.
pub(super) trait Column: Copy {
    /// True of rows whose words match the question mark.
    const WORDS: &str;
    /// What orders rows that the asked order leaves equal.
    const NEWEST_FIRST: &str;

    fn kind(self) -> Kind;
}

/// How a field is stored.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text(&'static str),
    Number(&'static str),
    /// As 16 bytes.
    Id {
        column: &'static str,
        /// The form that is shown.
        text: &'static str,
        of: Owner,
    },
}

/// Whose id a column stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Task,
    /// Of the execution, or of the one that the attempt in the column belongs to.
    Execution,
}

/// The first 16 digits of an id as its text form has them, up to the last group, and what follows.
macro_rules! text {
    ($column:literal, $last:literal) => {
        concat!(
            "lower(substr(hex(",
            $column,
            "), 1, 8) || '-' || substr(hex(",
            $column,
            "), 9, 4) || '-' || substr(hex(",
            $column,
            "), 13, 4) || '-' || substr(hex(",
            $column,
            "), 17, 4) || '-' || substr(hex(",
            $column,
            $last
        )
    };
}

/// The text form of an id.
macro_rules! id_text {
    ($column:literal) => {
        text!($column, "), 21))")
    };
}

/// The text form of the execution that an attempt belongs to.
macro_rules! execution_text {
    ($column:literal) => {
        concat!("CASE WHEN ", $column, " IS NOT NULL THEN ", text!($column, "), 21, 4)) || '00000000' END"))
    };
}

impl Column for Field {
    const WORDS: &str = "executions.id IN (SELECT execution FROM texts WHERE number IN \
         (SELECT rowid FROM execution_words WHERE execution_words MATCH ?))";
    const NEWEST_FIRST: &str = "executions.started_at DESC, executions.id DESC";

    fn kind(self) -> Kind {
        let execution = |column, text| Kind::Id { column, text, of: Owner::Execution };
        match self {
            Self::Id => execution("executions.id", id_text!("executions.id")),
            Self::Parent => execution("executions.parent", execution_text!("executions.parent")),
            Self::Name => Kind::Text("executions.name"),
            Self::Status => Kind::Text("executions.status"),
            Self::CorrelationId => Kind::Text("executions.correlation_id"),
            Self::Reason => Kind::Text("executions.reason"),
            Self::Version => Kind::Number("executions.version"),
            Self::Priority => Kind::Number("executions.priority"),
            Self::StartedAt => Kind::Number("executions.started_at"),
            Self::UpdatedAt => Kind::Number("executions.updated_at"),
            Self::EndedAt => Kind::Number("executions.ended_at"),
        }
    }
}

impl Column for TaskField {
    const WORDS: &str = "tasks.number IN (SELECT rowid FROM task_words WHERE task_words MATCH ?)";
    const NEWEST_FIRST: &str = "tasks.scheduled_at DESC, tasks.id DESC";

    fn kind(self) -> Kind {
        match self {
            Self::Id => Kind::Id { column: "tasks.id", text: id_text!("tasks.id"), of: Owner::Task },
            Self::Execution => {
                let text = execution_text!("tasks.id");
                Kind::Id { column: "tasks.id", text, of: Owner::Execution }
            }
            Self::Type => Kind::Text("tasks.type"),
            Self::DefinitionName => Kind::Text("tasks.definition"),
            Self::Status => Kind::Text("tasks.status"),
            Self::Reference => Kind::Text("tasks.reference"),
            Self::Reason => Kind::Text("tasks.reason"),
            Self::Domain => Kind::Text("tasks.domain"),
            Self::ScheduledAt => Kind::Number("tasks.scheduled_at"),
            Self::StartedAt => Kind::Number("tasks.started_at"),
            Self::UpdatedAt => Kind::Number("tasks.updated_at"),
            Self::EndedAt => Kind::Number("tasks.ended_at"),
            Self::ExecutionName => Kind::Text("executions.name"),
            Self::CorrelationId => Kind::Text("executions.correlation_id"),
        }
    }
}

/// A condition and the values of its question marks, in order.
#[derive(Default)]
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    /// How many negations are around: inside them an absent value must make a comparison false, not null.
    negations: u32,
}

impl Condition {
    pub(super) fn push<F: Column>(&mut self, filter: &Filter<F>) {
        match filter {
            Filter::All(filters) => self.push_joined(filters, " AND ", "1"),
            Filter::Any(filters) => self.push_joined(filters, " OR ", "0"),
            Filter::Not(filter) => {
                self.negations += 1;
                self.sql.push_str("NOT (");
                self.push(filter);
                self.sql.push(')');
                self.negations -= 1;
            }
            Filter::Compare(field, comparison, operand) => {
                self.sql.push_str("((");
                self.push_compare(*field, *comparison, operand);
                self.sql.push_str(if self.negations > 0 { ") IS TRUE)" } else { "))" });
            }
            Filter::IsNull(field) => {
                let (Kind::Text(column) | Kind::Number(column) | Kind::Id { column, .. }) = field.kind();
                self.sql.push_str(&format!("({column} IS NULL)"));
            }
            Filter::Words(phrases) if phrases.is_empty() => self.sql.push('0'),
            Filter::Words(phrases) => {
                self.sql.push_str(&format!("({})", F::WORDS));
                self.values.push(Value::Text(words(phrases)));
            }
        }
    }

    fn push_joined<F: Column>(&mut self, filters: &[Filter<F>], by: &str, empty: &str) {
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

    fn push_compare<F: Column>(&mut self, field: F, comparison: Comparison, operand: &Operand) {
        match (field.kind(), operand) {
            (Kind::Text(column), Operand::Text(text)) => self.push_text(column, comparison, text),
            (Kind::Number(column), Operand::Number(number)) if comparison != Comparison::Like => {
                self.push_comparison(column, comparison, Value::Integer(*number));
            }
            (Kind::Id { column, text: shown, of }, Operand::Text(text)) => match range(text, of) {
                Some(range) if comparison == Comparison::Equal => self.push_range(column, range),
                Some(range) if comparison == Comparison::NotEqual => {
                    self.sql.push_str("NOT coalesce(");
                    self.push_range(column, range);
                    self.sql.push_str(", 0)");
                }
                _ => self.push_text(shown, comparison, text),
            },
            // An operand of the other kind.
            _ => self.sql.push_str(if comparison == Comparison::NotEqual { "1" } else { "0" }),
        }
    }

    fn push_text(&mut self, column: &str, comparison: Comparison, text: &str) {
        let text = if comparison == Comparison::Like { glob(text) } else { text.to_owned() };
        self.push_comparison(column, comparison, Value::Text(text));
    }

    /// Equality of ids goes by the stored bytes, for which there is an index; the rest by the text that a reader sees.
    fn push_range(&mut self, column: &str, (first, last): ([u8; 16], [u8; 16])) {
        self.sql.push_str(&format!("{column} BETWEEN ? AND ?"));
        self.values.extend([first, last].map(|bytes| Value::Blob(bytes.to_vec())));
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

/// The stored ids that a text stands for, if it is exactly how an id is written.
fn range(text: &str, of: Owner) -> Option<([u8; 16], [u8; 16])> {
    let uuid = text.parse::<Uuid>().ok().filter(|id| id.to_string() == text)?;
    match of {
        Owner::Task => {
            TaskId::try_from(uuid).ok()?;
            Some((uuid.into_bytes(), uuid.into_bytes()))
        }
        Owner::Execution => ExecutionId::try_from(uuid).ok().map(codec::task_range),
    }
}

/// `GLOB` compares case and bytes as the contract asks; its wildcards beyond `*` are taken literally.
fn glob(pattern: &str) -> String {
    pattern.replace('[', "[[]").replace('?', "[?]")
}

/// Phrases as a question to the full-text index. Words have letters and digits only, so nothing needs an escape.
fn words(phrases: &[Phrase]) -> String {
    let phrases = phrases.iter().map(|phrase| {
        let ending = if phrase.last == Last::Beginning { " *" } else { "" };
        format!("\"{}\"{ending}", phrase.words.join(" "))
    });
    phrases.collect::<Vec<_>>().join(" AND ")
}

pub(super) fn order<F: Column>(asked: &[(F, Direction)]) -> String {
    let mut order = String::new();
    for (field, direction) in asked {
        let column = match field.kind() {
            // Attempts of one execution are equal.
            Kind::Id { column, of: Owner::Execution, .. } => format!("substr({column}, 1, 12)"),
            Kind::Text(column) | Kind::Number(column) | Kind::Id { column, .. } => column.to_owned(),
        };
        let direction = match direction {
            Direction::Ascending => "ASC",
            Direction::Descending => "DESC",
        };
        order.push_str(&format!("{column} {direction}, "));
    }
    order + F::NEWEST_FIRST
}
