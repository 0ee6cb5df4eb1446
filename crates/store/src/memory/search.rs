//! What a filter and an order mean, row by row.

use std::cmp::Ordering;

use crate::contract::{Comparison, Direction, ExecutionRow, Field, Filter, Operand};

/// A field's value; `None` where the row has none.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Text(String),
    Number(i64),
}

pub(super) fn matches(row: &ExecutionRow, filter: &Filter) -> bool {
    match filter {
        Filter::All(filters) => filters.iter().all(|filter| matches(row, filter)),
        Filter::Any(filters) => filters.iter().any(|filter| matches(row, filter)),
        Filter::Compare(field, comparison, operand) => {
            compare(value(row, *field).as_ref(), *comparison, operand)
        }
    }
}

/// The position of two rows in a page.
pub(super) fn order(left: &ExecutionRow, right: &ExecutionRow, order: &[(Field, Direction)]) -> Ordering {
    let asked = order.iter().map(|(field, direction)| {
        let ascending = value(left, *field).cmp(&value(right, *field));
        match direction {
            Direction::Ascending => ascending,
            Direction::Descending => ascending.reverse(),
        }
    });
    let newest_first = (right.started_at, right.id).cmp(&(left.started_at, left.id));
    asked.fold(Ordering::Equal, Ordering::then).then(newest_first)
}

fn value(row: &ExecutionRow, field: Field) -> Option<Value> {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    match field {
        Field::Id => text(&row.id.to_string()),
        Field::Name => text(&row.name),
        Field::Version => Some(Value::Number(i64::from(row.version))),
        Field::Status => text(row.status.as_str()),
        Field::CorrelationId => row.correlation_id.as_deref().and_then(text),
        Field::Priority => Some(Value::Number(i64::from(row.priority))),
        Field::Parent => row.parent.and_then(|task| text(&task.execution().to_string())),
        Field::StartedAt => Some(Value::Number(row.started_at.0)),
        Field::UpdatedAt => Some(Value::Number(row.updated_at.0)),
        Field::EndedAt => row.ended_at.map(|at| Value::Number(at.0)),
        Field::Reason => row.reason.as_deref().and_then(text),
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
