//! `.length()`, `.sum()` and the others, which are applied to what the steps before them found.

use serde_json::{Number, Value};

use super::super::{java_text, path};
use super::reader::{Place, Reader};
use super::{PathError, Query};

/// A function with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Vec<Argument>,
}

/// What a function is told besides the value that it is applied to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Argument {
    Value(Value),
    /// Always from the root.
    Path(Query),
}

/// A function's name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Function {
    Length,
    Keys,
    Min,
    Max,
    Avg,
    Sum,
    Stddev,
    Concat,
    Append,
    First,
    Last,
    Index,
}

const NAMES: [(&str, Function); 13] = [
    ("length", Function::Length),
    ("size", Function::Length),
    ("keys", Function::Keys),
    ("min", Function::Min),
    ("max", Function::Max),
    ("avg", Function::Avg),
    ("sum", Function::Sum),
    ("stddev", Function::Stddev),
    ("concat", Function::Concat),
    ("append", Function::Append),
    ("first", Function::First),
    ("last", Function::Last),
    ("index", Function::Index),
];

impl Reader<'_> {
    /// A call, at the name of its function.
    pub(super) fn call(&mut self, name: &str) -> Result<Call, PathError> {
        let Some((_, function)) = NAMES.iter().find(|(known, _)| *known == name) else {
            let expected = "one of the functions length, size, keys, min, max, avg, sum, stddev, concat, append, first, last, index";
            return Err(self.expected(expected));
        };
        self.advance(name.len() + 1);
        let arguments = self.inside(Place::Argument, Self::arguments)?;
        if *function == Function::Index && arguments.is_empty() {
            return Err(self.expected_before(1, "a position"));
        }
        Ok(Call { function: *function, arguments })
    }

    fn arguments(&mut self) -> Result<Vec<Argument>, PathError> {
        let mut arguments = Vec::new();
        loop {
            self.skip_blanks();
            if self.take(")") {
                return Ok(arguments);
            }
            if !arguments.is_empty() {
                self.need(",")?;
                self.skip_blanks();
            }
            arguments.push(match self.peek() {
                Some('$' | '@') => Argument::Path(self.inner_path(Place::Argument)?),
                _ => Argument::Value(self.literal()?),
            });
        }
    }
}

impl Function {
    /// True for those that only look into lists.
    pub(super) fn ignores_objects(self) -> bool {
        !matches!(self, Self::Length | Self::Keys | Self::Append)
    }

    /// The function's value; `None` where it does not fit what it is applied to. Lists among the arguments count as
    /// their items, except for `append`.
    pub(super) fn apply(self, value: &Value, arguments: &[Value]) -> Option<Value> {
        match self {
            Self::Length => Some(length(arguments.first().unwrap_or(value))),
            Self::Keys => {
                Some(value.as_object().map_or(Value::Null, |map| map.keys().map(String::as_str).collect()))
            }
            Self::Concat => Some(concat(value, arguments).into()),
            Self::Append => Some(append(value, arguments)),
            Self::First => path::item(value.as_array()?, 0).cloned(),
            Self::Last => path::item(value.as_array()?, -1).cloned(),
            Self::Index => {
                let wanted = flat(arguments).find_map(Value::as_f64)?;
                path::item(value.as_array()?, wanted as i64).cloned()
            }
            Self::Min | Self::Max | Self::Avg | Self::Sum | Self::Stddev => self.aggregate(value, arguments),
        }
    }

    fn aggregate(self, value: &Value, arguments: &[Value]) -> Option<Value> {
        let own = value.as_array().map_or(&[] as &[Value], Vec::as_slice);
        let numbers: Vec<f64> = own.iter().chain(flat(arguments)).filter_map(Value::as_f64).collect();
        if numbers.is_empty() {
            return None;
        }
        let count = numbers.len() as f64;
        let sum: f64 = numbers.iter().sum();
        let result = match self {
            Self::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Avg => sum / count,
            Self::Stddev => {
                let squares: f64 = numbers.iter().map(|number| number * number).sum();
                (squares / count - sum * sum / count / count).max(0.0).sqrt()
            }
            _ => sum,
        };
        Some(Number::from_f64(result).map_or(Value::Null, Value::Number))
    }
}

fn flat(arguments: &[Value]) -> impl Iterator<Item = &Value> {
    arguments.iter().flat_map(|argument| match argument {
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    })
}

fn length(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.len().into(),
        Value::Object(map) => map.len().into(),
        _ => Value::Null,
    }
}

fn concat(value: &Value, arguments: &[Value]) -> String {
    let own = value.as_array().map_or(&[] as &[Value], Vec::as_slice);
    let mut text: String = own.iter().filter_map(Value::as_str).collect();
    for argument in flat(arguments).filter(|argument| !argument.is_null()) {
        java_text::write(argument, &mut text);
    }
    text
}

fn append(value: &Value, arguments: &[Value]) -> Value {
    let mut extended = value.clone();
    if let Value::Array(list) = &mut extended {
        list.extend_from_slice(arguments);
    }
    extended
}
