//! Plain paths: one value by names and list positions.

use std::fmt;

use serde_json::Value;

/// One step of a plain path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// A property of an object.
    Key(String),
    /// A position in a list, from 0; negative counts from the end.
    Index(i64),
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "['{}']", key.replace('\\', "\\\\").replace('\'', "\\'")),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// The value at a path below `value`, copied.
pub fn select(value: &Value, path: &[Segment]) -> Option<Value> {
    select_ref(value, path).cloned()
}

/// The value at a path below `value`; `None` when a step finds nothing.
pub fn select_ref<'a>(value: &'a Value, path: &[Segment]) -> Option<&'a Value> {
    path.iter().try_fold(value, |at, segment| match segment {
        Segment::Key(key) => at.as_object()?.get(key),
        Segment::Index(index) => item(at.as_array()?, *index),
    })
}

/// The name that a path begins with.
pub(super) fn root_name(path: &[Segment]) -> Option<&str> {
    match path.first()? {
        Segment::Key(root) => Some(root),
        Segment::Index(_) => None,
    }
}

/// The item at a position that may count from the end.
pub(super) fn item(list: &[Value], index: i64) -> Option<&Value> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    list.get(if index < 0 { list.len().checked_sub(distance)? } else { distance })
}
