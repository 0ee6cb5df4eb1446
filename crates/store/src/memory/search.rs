//! What a filter and an order mean, row by row.

use std::cmp::{Ordering, Reverse};

use segue_core::id::TaskId;
use segue_core::time::Timestamp;
use segue_core::words::Text;

use crate::contract::{Comparison, Direction, ExecutionRow, Field, Filter, IndexedTask, Operand, TaskField};

/// A field's value; `None` where the row has none.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Text(String),
    Number(i64),
}

/// What is searched, with the values of its fields.
pub(super) trait Searched<F> {
    fn value(&self, field: F) -> Option<Value>;
    /// Its words, if it is indexed.
    fn text(&self) -> Option<&Text>;
    /// Where it stands among those that the asked order leaves equal: the least comes first.
    fn newness(&self) -> Reverse<(Timestamp, TaskId)>;
}

/// An execution.
pub(super) struct Found<'a> {
    pub(super) row: &'a ExecutionRow,
    pub(super) text: Option<&'a Text>,
}

/// An attempt.
pub(super) struct FoundTask<'a> {
    pub(super) row: &'a ExecutionRow,
    pub(super) task: &'a IndexedTask,
}

pub(super) fn matches<F: Copy>(searched: &impl Searched<F>, filter: &Filter<F>) -> bool {
    match filter {
        Filter::All(filters) => filters.iter().all(|filter| matches(searched, filter)),
        Filter::Any(filters) => filters.iter().any(|filter| matches(searched, filter)),
        Filter::Not(filter) => !matches(searched, filter),
        Filter::Compare(field, comparison, operand) => {
            compare(searched.value(*field).as_ref(), *comparison, operand)
        }
        Filter::IsNull(field) => searched.value(*field).is_none(),
        Filter::Words(phrases) => searched.text().is_some_and(|text| text.matches(phrases)),
    }
}

/// The position of two rows in a page.
pub(super) fn order<F: Copy>(
    left: &impl Searched<F>,
    right: &impl Searched<F>,
    order: &[(F, Direction)],
) -> Ordering {
    let asked = order.iter().map(|(field, direction)| {
        let ascending = left.value(*field).cmp(&right.value(*field));
        match direction {
            Direction::Ascending => ascending,
            Direction::Descending => ascending.reverse(),
        }
    });
    let newest_first = left.newness().cmp(&right.newness());
    asked.fold(Ordering::Equal, Ordering::then).then(newest_first)
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

fn instant(at: Option<Timestamp>) -> Option<Value> {
    at.map(|at| Value::Number(at.0))
}

impl Searched<Field> for Found<'_> {
    fn value(&self, field: Field) -> Option<Value> {
        let row = self.row;
        match field {
            Field::Id => text(&row.id.to_string()),
            Field::Name => text(&row.name),
            Field::Version => Some(Value::Number(i64::from(row.version))),
            Field::Status => text(row.status.as_str()),
            Field::CorrelationId => row.correlation_id.as_deref().and_then(text),
            Field::Priority => Some(Value::Number(i64::from(row.priority))),
            Field::Parent => row.parent.and_then(|task| text(&task.execution().to_string())),
            Field::StartedAt => instant(Some(row.started_at)),
            Field::UpdatedAt => instant(Some(row.updated_at)),
            Field::EndedAt => instant(row.ended_at),
            Field::Reason => row.reason.as_deref().and_then(text),
        }
    }

    fn text(&self) -> Option<&Text> {
        self.text
    }

    fn newness(&self) -> Reverse<(Timestamp, TaskId)> {
        Reverse((self.row.started_at, self.row.id.task(0)))
    }
}

impl Searched<TaskField> for FoundTask<'_> {
    fn value(&self, field: TaskField) -> Option<Value> {
        let (row, task) = (self.row, self.task);
        match field {
            TaskField::Id => text(&task.id.to_string()),
            TaskField::Type => text(&task.task_type),
            TaskField::DefinitionName => text(&task.definition_name),
            TaskField::Status => text(task.status.as_str()),
            TaskField::Reference => text(&task.reference),
            TaskField::Execution => text(&row.id.to_string()),
            TaskField::ExecutionName => text(&row.name),
            TaskField::CorrelationId => row.correlation_id.as_deref().and_then(text),
            TaskField::ScheduledAt => instant(Some(task.scheduled_at)),
            TaskField::StartedAt => instant(task.started_at),
            TaskField::UpdatedAt => instant(Some(task.updated_at)),
            TaskField::EndedAt => instant(task.ended_at),
            TaskField::Reason => task.reason.as_deref().and_then(text),
            TaskField::Domain => task.domain.as_deref().and_then(text),
        }
    }

    fn text(&self) -> Option<&Text> {
        Some(&self.task.text)
    }

    fn newness(&self) -> Reverse<(Timestamp, TaskId)> {
        Reverse((self.task.scheduled_at, self.task.id))
    }
}

fn compare(value: Option<&Value>, comparison: Comparison, operand: &Operand) -> bool {
    let ordering = match (value, operand) {
        (Some(Value::Text(value)), Operand::Text(operand)) => {
            if comparison == Comparison::Like {
                return like(value.as_bytes(), operand.as_bytes());
            }
            Some(value.as_bytes().cmp(operand.as_bytes()))
        }
        (Some(Value::Number(value)), Operand::Number(operand)) => Some(value.cmp(operand)),
        // No value, or one of the other kind.
        _ => None,
    };
    match (comparison, ordering) {
        (Comparison::Like, _) => false,
        (Comparison::NotEqual, ordering) => ordering != Some(Ordering::Equal),
        (_, None) => false,
        (Comparison::Equal, Some(ordering)) => ordering.is_eq(),
        (Comparison::Less, Some(ordering)) => ordering.is_lt(),
        (Comparison::LessOrEqual, Some(ordering)) => ordering.is_le(),
        (Comparison::Greater, Some(ordering)) => ordering.is_gt(),
        (Comparison::GreaterOrEqual, Some(ordering)) => ordering.is_ge(),
    }
}

/// True if the whole text fits the pattern, in which `*` stands for any run of characters.
fn like(text: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(next) {
            Some(b'*') => {
                star = Some((next, at));
                next += 1;
            }
            Some(byte) if *byte == text[at] => {
                at += 1;
                next += 1;
            }
            _ => match star {
                // Let the last star take one byte more.
                Some((star_at, from)) => {
                    star = Some((star_at, from + 1));
                    at = from + 1;
                    next = star_at + 1;
                }
                None => return false,
            },
        }
    }
    pattern[next..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn a_star_is_any_run() {
        for (text, pattern, expected) in [
            ("order", "order", true),
            ("order", "ord*", true),
            ("order", "*der", true),
            ("order", "o*e*", true),
            ("order", "*", true),
            ("", "*", true),
            ("", "", true),
            ("order", "rde", false),
            ("order", "Order", false),
            ("aab", "*ab", true),
            ("a[b]?", "a[*?", true),
            ("ab", "a?", false),
        ] {
            assert_eq!(like(text.as_bytes(), pattern.as_bytes()), expected, "{text} ~ {pattern}");
        }
    }
}
