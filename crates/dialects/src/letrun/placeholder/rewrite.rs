//! Values with placeholders, in the engine's expressions.

use serde_json::{Map, Value};

use super::super::source::{At, FINDINGS_MAX, Findings, Source, item, member};
use super::address::{Meaning, Place, Unknown};
use super::native::{escaped, literal, placeholder, quoted};
use super::scan::{Operand, Piece, pieces};

/// Rewrites the values of one task.
pub(crate) struct Rewriter<'a, 'b> {
    pub(crate) place: Place<'a, 'b>,
    pub(crate) source: &'b Source,
    pub(crate) findings: &'b mut Findings,
    /// Whether what is not there fails the task.
    pub(crate) is_strict: bool,
}

/// A piece of the rewritten text.
enum Rewritten {
    Template(String),
    Constant(Value),
}

impl Rewriter<'_, '_> {
    /// A value in its place, with all texts in it.
    pub(crate) fn value(&mut self, value: &Value, path: &str) -> Value {
        match value {
            Value::String(text) => self.text(text, path),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items.map(|(at, value)| self.value(value, &item(path, at))).collect()
            }
            Value::Object(fields) => Value::Object(self.fields(fields, path)),
            plain => plain.clone(),
        }
    }

    /// The same of an object.
    pub(crate) fn fields(&mut self, fields: &Map<String, Value>, path: &str) -> Map<String, Value> {
        fields.iter().map(|(name, value)| (name.clone(), self.value(value, &member(path, name)))).collect()
    }

    fn text(&mut self, text: &str, path: &str) -> Value {
        if !text.contains("${") {
            return text.into();
        }
        let mut parts = Vec::new();
        for piece in pieces(text) {
            parts.push(match piece {
                Piece::Text(text) => Rewritten::Template(escaped(text)),
                Piece::Placeholder { text, operands } => self.placeholder(text, operands, path),
            });
        }
        // Alone, a constant keeps its type.
        match parts.as_slice() {
            [Rewritten::Constant(value)] => super::native::constant(value),
            _ => parts.into_iter().map(Rewritten::into_text).collect::<String>().into(),
        }
    }

    fn placeholder(&mut self, text: &str, operands: Option<Vec<Operand<'_>>>, path: &str) -> Rewritten {
        let literally = || Rewritten::Template(placeholder(&[quoted(text)]));
        let Some(operands) = operands else {
            self.tell(path, text, "it is no path");
            return literally();
        };
        let mut native = Vec::new();
        for operand in operands {
            match operand {
                Operand::Literal(value) => {
                    native.push(literal(&value));
                    return Rewritten::Template(placeholder(&native));
                }
                Operand::Path(operand) => match self.place.meaning(operand) {
                    Ok(Meaning::Paths(paths)) => native.extend(paths),
                    Ok(Meaning::Constant(value)) if native.is_empty() => return Rewritten::Constant(value),
                    Ok(Meaning::Constant(value)) => {
                        native.push(literal(&value));
                        return Rewritten::Template(placeholder(&native));
                    }
                    Err(Unknown(why)) => self.tell(path, text, &why),
                },
            }
        }
        if native.is_empty() {
            return literally();
        }
        if !self.is_strict {
            native.push(quoted(text));
        }
        Rewritten::Template(placeholder(&native))
    }

    /// What can never be filled in stays as it is, or is refused.
    fn tell(&mut self, path: &str, text: &str, why: &str) {
        let told = if self.is_strict { &self.findings.errors } else { &self.findings.warnings };
        if told.len() >= FINDINGS_MAX {
            return;
        }
        let at = At { source: self.source, path };
        let names = self.place.names.all();
        let root = text.trim_start_matches("${").split(['.', '[', '}', ' ']).next().unwrap_or_default();
        let hint = match text {
            text if text.contains("||") => Some("a default is written `${a.b ?? 'x'}`".to_owned()),
            _ => super::super::source::meant(root, names.chain(["input", "variables", "workflow", "task"])),
        };
        let found = match self.is_strict {
            true => at.error(format!("`{text}` cannot be filled in: {why}")),
            false => at.warning(format!("`{text}` stays as it is: {why}")),
        };
        self.findings.add(found.hinting(hint));
    }
}

impl Rewritten {
    fn into_text(self) -> String {
        match self {
            Self::Template(text) => text,
            Self::Constant(Value::String(text)) => escaped(&text),
            Self::Constant(value) => escaped(&value.to_string()),
        }
    }
}
