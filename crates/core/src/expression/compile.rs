//! From JSON to template.

use std::borrow::Cow;

use serde_json::Value;

use super::choice::{self, Missing};
use super::path::Segment;
use super::query::{self, Path, PathError};
use super::scan::{Piece, pieces};
use super::{ExpressionError, ExpressionStyle, Part, Reference, Template};

/// Expressions inside expressions, at most.
const NESTING_MAX: usize = 16;

/// The name of the attempt's id, from Conductor.
pub(super) const TASK_ID: &str = "CPEWF_TASK_ID";

impl Template {
    /// Compiles a value in Conductor's style.
    ///
    /// # Errors
    /// The first expression that is outside the grammar.
    pub fn compile(value: &Value) -> Result<Self, ExpressionError> {
        Self::compile_in(ExpressionStyle::Conductor, value)
    }

    /// Compiles a value in the style of its definition.
    ///
    /// # Errors
    /// The first expression that is outside the grammar.
    pub fn compile_in(style: ExpressionStyle, value: &Value) -> Result<Self, ExpressionError> {
        match value {
            Value::String(text) => compile_text(text, style),
            Value::Array(list) => {
                let items: Vec<Self> = list
                    .iter()
                    .enumerate()
                    .map(|(at, item)| {
                        Self::compile_in(style, item).map_err(|error| below(&format!("[{at}]"), error))
                    })
                    .collect::<Result<_, _>>()?;
                if items.iter().all(Self::is_static) {
                    return Ok(Self::Static(items.into_iter().map(Self::into_static).collect()));
                }
                Ok(Self::List(items))
            }
            Value::Object(map) => {
                let entries: Vec<(String, Self)> = map
                    .iter()
                    .map(|(key, item)| match Self::compile_in(style, item) {
                        Ok(template) => Ok((key.clone(), template)),
                        Err(error) => Err(below(&Segment::Key(key.clone()).to_string(), error)),
                    })
                    .collect::<Result<_, _>>()?;
                if entries.iter().all(|(_, item)| item.is_static()) {
                    let map = entries.into_iter().map(|(key, item)| (key, item.into_static())).collect();
                    return Ok(Self::Static(Value::Object(map)));
                }
                Ok(Self::Object(entries))
            }
            other => Ok(Self::Static(other.clone())),
        }
    }

    fn into_static(self) -> Value {
        match self {
            Self::Static(value) => value,
            _ => Value::Null,
        }
    }
}

fn below(step: &str, error: ExpressionError) -> ExpressionError {
    ExpressionError { path: format!("{step}{}", error.path), ..error }
}

fn compile_text(text: &str, style: ExpressionStyle) -> Result<Template, ExpressionError> {
    if !text.contains("${") {
        return Ok(Template::Static(Value::String(text.to_owned())));
    }
    let parts = match style {
        ExpressionStyle::Conductor => compile_parts(text, 0),
        ExpressionStyle::Lenient => choice::parts(text, Missing::Stays),
        ExpressionStyle::Strict => choice::parts(text, Missing::Fails),
    };
    let mut parts = parts.map_err(|error| ExpressionError {
        text: text.to_owned(),
        offset: error.offset,
        expected: error.expected.into_owned(),
        path: String::new(),
    })?;
    Ok(match (parts.pop(), parts.is_empty()) {
        (None, _) => Template::Static(Value::String(String::new())),
        (Some(Part::Literal(text)), true) => Template::Static(Value::String(text)),
        (Some(Part::Reference(reference)), true) => match constant(&reference) {
            Some(value) => Template::Static(value.clone()),
            None => Template::Whole(reference),
        },
        (Some(last), false) => {
            parts.push(last);
            Template::Text(parts)
        }
    })
}

fn constant(reference: &Reference) -> Option<&Value> {
    match reference {
        Reference::Choice(choice) => choice.constant(),
        _ => None,
    }
}

/// The parts of a text, neighbouring literals joined.
fn compile_parts(text: &str, depth: usize) -> Result<Vec<Part>, PathError> {
    let mut parts = Vec::new();
    for piece in pieces(text) {
        let part = match piece {
            Piece::Literal(literal) => Part::Literal(literal.to_owned()),
            Piece::Expression { inner, offset } => compile_expression(inner, depth)
                .map_err(|error| PathError { offset: error.offset + offset, ..error })?,
        };
        match (parts.last_mut(), part) {
            (Some(Part::Literal(before)), Part::Literal(literal)) => before.push_str(&literal),
            (_, part) => parts.push(part),
        }
    }
    Ok(parts)
}

fn compile_expression(inner: &str, depth: usize) -> Result<Part, PathError> {
    if depth >= NESTING_MAX {
        return Err(PathError { offset: 0, expected: "expressions nested at most 16 deep".into() });
    }
    if inner.trim().is_empty() {
        return Ok(Part::Reference(Reference::Blank));
    }
    let mut literal = Cow::Borrowed(inner);
    if inner.contains("${") {
        let mut parts = compile_parts(inner, depth + 1)?;
        match parts.pop() {
            Some(Part::Literal(only)) if parts.is_empty() => literal = Cow::Owned(only),
            last => {
                parts.extend(last);
                return Ok(Part::Reference(Reference::Nested { root: literal_root(&parts), parts }));
            }
        }
    }
    if literal.trim() == TASK_ID {
        return Ok(Part::Reference(Reference::TaskId));
    }
    if is_secret(&literal) {
        return Ok(secret(inner, depth));
    }
    let path = query::parse(&literal)?;
    if is_below_secrets(path.prefix()) {
        return Ok(secret(inner, depth));
    }
    Ok(Part::Reference(match path {
        Path::Plain(path) => Reference::Path(path),
        Path::Query(query) => Reference::Query(query),
    }))
}

/// A reference to a secret; within another expression it is no more than its words.
fn secret(inner: &str, depth: usize) -> Part {
    let written = format!("${{{inner}}}");
    match depth {
        0 => Part::Reference(Reference::Secret(written)),
        _ => Part::Literal(written),
    }
}

/// True for a path below `workflow.secrets`, in whichever spelling.
pub(super) fn is_below_secrets(path: &[Segment]) -> bool {
    matches!(path, [Segment::Key(root), Segment::Key(below), ..] if root == "workflow" && below == "secrets")
}

/// True for the usual spelling of a path below `workflow.secrets`, which only the hand-off resolves; what
/// follows the name may be any JsonPath.
pub(super) fn is_secret(path: &str) -> bool {
    let path = path.trim();
    let path = path.strip_prefix("$.").unwrap_or(path);
    match path.strip_prefix("workflow.secrets") {
        Some(rest) => rest.is_empty() || rest.starts_with(['.', '[']),
        None => false,
    }
}

/// The root name of a path's text that begins with a literal, if the name ends within that literal.
fn literal_root(parts: &[Part]) -> Option<String> {
    let Some(Part::Literal(text)) = parts.first() else { return None };
    let text = text.trim_start();
    let text = text.strip_prefix("$.").unwrap_or(text);
    let closed = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(['.', '['])? };
    match query::parse(&text[..closed]).ok()?.prefix().first()? {
        Segment::Key(root) => Some(root.clone()),
        Segment::Index(_) => None,
    }
}
