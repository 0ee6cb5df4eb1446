//! Filters and orders as SQL. Values reach the database as bound parameters only; what is pasted are names of columns and
//! operators from this file.

use segue_core::words::{Last, Phrase};
use tokio_postgres::types::ToSql;

use super::batch::column;
use crate::contract::{Comparison, Direction, Field, Filter, Operand, TaskField};

/// A field as it is stored.
pub(super) trait Column: Copy {
    /// What orders rows that the asked order leaves equal.
    const NEWEST_FIRST: &str;

    /// True of rows whose words fit the expression.
    fn words(question: &str) -> String;

    fn kind(self) -> Kind;
}

pub(super) enum Kind {
    Text(&'static str),
    Number(&'static str),
    Id(&'static str),
}

impl Column for Field {
    const NEWEST_FIRST: &str = "live.started_at DESC, live.id DESC";

    fn words(question: &str) -> String {
        format!("live.id IN (SELECT execution FROM texts WHERE words @@ {question})")
    }

    fn kind(self) -> Kind {
        match self {
            Self::Id => Kind::Id("live.id"),
            Self::Name => Kind::Text("live.name"),
            Self::Version => Kind::Number("live.version"),
            Self::Status => Kind::Text("live.status"),
            Self::CorrelationId => Kind::Text("live.correlation_id"),
            Self::Priority => Kind::Number("live.priority"),
            Self::Parent => Kind::Id("live.parent_execution"),
            Self::StartedAt => Kind::Number("live.started_at"),
            Self::UpdatedAt => Kind::Number("live.updated_at"),
            Self::EndedAt => Kind::Number("live.ended_at"),
            Self::Reason => Kind::Text("live.reason"),
        }
    }
}

impl Column for TaskField {
    const NEWEST_FIRST: &str = "tasks.scheduled_at DESC, tasks.id DESC";

    fn words(question: &str) -> String {
        format!("tasks.words @@ {question}")
    }

    fn kind(self) -> Kind {
        match self {
            Self::Id => Kind::Id("tasks.id"),
            Self::Execution => Kind::Id("tasks.execution"),
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
            Self::ExecutionName => Kind::Text("live.name"),
            Self::CorrelationId => Kind::Text("live.correlation_id"),
        }
    }
}

/// A bound value.
enum Value {
    Text(String),
    Number(i64),
    Id(uuid::Uuid),
}

/// What a condition binds, in order.
#[derive(Default)]
pub(super) struct Condition {
    values: Vec<Value>,
    /// How many negations are around: inside them an absent value must make a comparison false, not null.
    negations: u32,
}

impl Condition {
    pub(super) fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
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
    pub(super) fn filter<F: Column>(&mut self, filter: &Filter<F>) -> String {
        match filter {
            Filter::All(filters) if filters.is_empty() => "true".to_owned(),
            Filter::Any(filters) if filters.is_empty() => "false".to_owned(),
            Filter::All(filters) => self.join(filters, " AND "),
            Filter::Any(filters) => self.join(filters, " OR "),
            Filter::Not(filter) => {
                self.negations += 1;
                let inner = self.filter(filter);
                self.negations -= 1;
                format!("NOT ({inner})")
            }
            Filter::Compare(field, comparison, operand) => {
                let comparison = self.compare(*field, *comparison, operand);
                if self.negations > 0 { format!("({comparison}) IS TRUE") } else { comparison }
            }
            Filter::IsNull(field) => {
                let (Kind::Text(name) | Kind::Number(name) | Kind::Id(name)) = field.kind();
                format!("{name} IS NULL")
            }
            Filter::Words(phrases) if phrases.is_empty() => "false".to_owned(),
            Filter::Words(phrases) => {
                self.values.push(Value::Text(question(phrases)));
                F::words(&format!("${}::text::tsquery", self.values.len()))
            }
        }
    }

    fn join<F: Column>(&mut self, filters: &[Filter<F>], conjunction: &str) -> String {
        let parts: Vec<String> = filters.iter().map(|filter| self.filter(filter)).collect();
        format!("({})", parts.join(conjunction))
    }

    fn compare<F: Column>(&mut self, field: F, comparison: Comparison, operand: &Operand) -> String {
        let (name, value) = match (field.kind(), operand) {
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

/// Phrases as a `tsquery`. Words have letters and digits only, so nothing needs an escape.
fn question(phrases: &[Phrase]) -> String {
    let phrases = phrases.iter().map(|phrase| {
        let words: Vec<String> = phrase.words.iter().map(|word| format!("'{word}'")).collect();
        let ending = if phrase.last == Last::Beginning { ":*" } else { "" };
        format!("({}{ending})", words.join(" <-> "))
    });
    phrases.collect::<Vec<_>>().join(" & ")
}

/// A row without a value comes before all others.
pub(super) fn order<F: Column>(asked: &[(F, Direction)]) -> String {
    let mut terms: Vec<String> = asked
        .iter()
        .map(|(field, direction)| {
            let (Kind::Text(name) | Kind::Number(name) | Kind::Id(name)) = field.kind();
            match direction {
                Direction::Ascending => format!("{name} ASC NULLS FIRST"),
                Direction::Descending => format!("{name} DESC NULLS LAST"),
            }
        })
        .collect();
    terms.push(F::NEWEST_FIRST.to_owned());
    terms.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_pasted() {
        let nasty = "x' OR '1'='1";
        let named = |field, comparison| Filter::Compare(field, comparison, Operand::Text(nasty.into()));
        let filter = Filter::Any(vec![
            named(Field::Name, Comparison::Equal),
            named(Field::Id, Comparison::Like),
            named(Field::Version, Comparison::NotEqual),
            Filter::Not(Box::new(named(Field::Reason, Comparison::Less))),
        ]);
        let mut condition = Condition::default();
        let sql = condition.filter(&filter);
        assert_eq!(
            sql,
            "(live.name = $1::text OR (live.id::text COLLATE \"C\") LIKE $2::text OR true \
             OR NOT ((live.reason < $3::text) IS TRUE))"
        );
        assert_eq!(condition.params().len(), 3);
        assert_eq!(pattern("50%_*\\"), "50\\%\\_%\\\\");
    }
}
