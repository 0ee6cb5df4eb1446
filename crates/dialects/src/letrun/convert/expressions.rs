//! Expressions of the engine in letrun's names.

use serde_json::{Map, Value};

use super::super::placeholder::address::spellings;
use super::super::placeholder::native::{Step, literal, placeholder};
use super::super::placeholder::path::{bracketed, steps};
use super::super::placeholder::scan::{Operand, Piece, pieces};
use super::Loss;
use super::sequence::Writer;

impl Writer<'_> {
    /// A value with all texts in it.
    pub(super) fn rewrite(&mut self, value: &Value, place: &str) -> Value {
        match value {
            Value::String(text) if text.contains("${") => self.text(text, place).into(),
            Value::Array(items) => items.iter().map(|value| self.rewrite(value, place)).collect(),
            Value::Object(fields) => Value::Object(self.rewrite_fields(fields, place)),
            plain => plain.clone(),
        }
    }

    pub(super) fn rewrite_fields(&mut self, fields: &Map<String, Value>, place: &str) -> Map<String, Value> {
        fields.iter().map(|(name, value)| (name.clone(), self.rewrite(value, place))).collect()
    }

    fn text(&mut self, text: &str, place: &str) -> String {
        let mut written = String::new();
        let pieces = pieces(text);
        let last_end =
            pieces.iter().rposition(|piece| matches!(piece, Piece::Text(text) | Piece::Placeholder { text, .. } if text.contains('}')));
        for (at, piece) in pieces.into_iter().enumerate() {
            match piece {
                Piece::Text(text) => written.push_str(text),
                Piece::Placeholder { text, .. } if self.index.is_conductor && written.ends_with('$') => {
                    // Conductor's escape.
                    written.pop();
                    written.push_str(&placeholder(&["'${'".to_owned()]));
                    written.push_str(&text[2..]);
                }
                Piece::Placeholder { text, operands: Some(operands) } => {
                    let is_open = last_end.is_some_and(|end| end > at);
                    if let [Operand::Literal(Value::String(stays))] = operands.as_slice()
                        && self.stays(stays, is_open)
                    {
                        written.push_str(stays);
                        continue;
                    }
                    written.push_str(&self.choice(text, &operands, place));
                }
                Piece::Placeholder { text, operands: None } => {
                    self.unsaid(place, text);
                    written.push_str(text);
                }
            }
        }
        written
    }

    /// Whether a text can be written as it is, because nothing in it is taken for an expression: it is none, or one that
    /// nothing is known by. `is_open`: a brace follows somewhere.
    fn stays(&self, text: &str, is_open: bool) -> bool {
        let Some(inner) = text.strip_prefix("${") else { return false };
        if inner.is_empty() {
            return !is_open;
        }
        let is_whole = matches!(pieces(text).as_slice(), [Piece::Placeholder { .. }]);
        let inner = inner.trim_start();
        let roots = ["input", "variables", "workflow", "task", "["];
        is_whole && !roots.iter().any(|root| inner.starts_with(root)) && !self.index.begins_with_task(inner)
    }

    fn choice(&mut self, text: &str, operands: &[Operand<'_>], place: &str) -> String {
        // What compiling leaves for a path that leads nowhere is what the author wrote.
        if !self.index.is_conductor
            && let Some(Operand::Literal(Value::String(original))) = operands.last()
            && operands.len() > 1
            && original.starts_with("${")
        {
            return original.clone();
        }
        let mut written = Vec::new();
        let mut same: Vec<String> = Vec::new();
        for operand in operands {
            match operand {
                Operand::Literal(value) => written.push(literal(value)),
                Operand::Path(native) if same.iter().any(|spelling| spelling == native) => {}
                Operand::Path(native) => match self.path(native) {
                    Some((path, spellings)) => {
                        written.push(path);
                        same = spellings;
                    }
                    None => {
                        self.unsaid(place, text);
                        written.push((*native).to_owned());
                    }
                },
            }
        }
        placeholder(&written)
    }

    fn unsaid(&mut self, place: &str, text: &str) {
        let what = format!("the expression {text} reads what letrun does not show");
        self.losses.push(Loss { place: place.to_owned(), what });
    }

    /// A path in letrun's names, with the other ways in which compiling spells it.
    fn path(&self, native: &str) -> Option<(String, Vec<String>)> {
        let native = native.strip_prefix("$.").unwrap_or(native);
        let (root, rest) = match native.strip_prefix('[') {
            Some(inner) => match bracketed(inner)? {
                (Step::Key(root), rest) => (root, rest),
                _ => return None,
            },
            None => {
                let end = native.find(['.', '[']).unwrap_or(native.len());
                (native[..end].to_owned(), &native[end..])
            }
        };
        let steps = steps(rest)?;
        Some((self.index.meaning(&root, &steps)?, spellings(&root, &steps).collect()))
    }
}
