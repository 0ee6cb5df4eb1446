//! A letrun text with the places of its values, and what was found wrong with it.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;

use crate::outline::join;
use crate::{Diagnostic, Document, Severity};

/// Findings of one kind that are told, at most.
pub(crate) const FINDINGS_MAX: usize = 100;

/// A text that was read, with its values.
pub(crate) struct Source {
    file: Option<String>,
    text: String,
    value: Value,
    /// By path; made when the first place is asked for.
    places: OnceCell<HashMap<String, Range<usize>>>,
}

impl Source {
    /// Reads a text.
    pub(crate) fn read(document: &Document<'_>) -> Result<Self, Diagnostic> {
        let value = document.read()?;
        let file = document.file().map(str::to_owned);
        Ok(Self { file, text: document.text().to_owned(), value, places: OnceCell::new() })
    }

    /// Its values.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// The text itself.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The file that it came from.
    pub(crate) fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// A finding at a path, or at the nearest thing around it that the text has.
    pub(crate) fn finding(&self, path: &str, message: impl Into<String>) -> Diagnostic {
        let span = self.span(path);
        // Of a long value its first line is enough to find it.
        let text = &self.text[span.start..span.end];
        let end = text.find(['\n', '\r']).map_or(span.end, |at| span.start + at);
        let found = Diagnostic::at(&self.text, span.start..end, message);
        Diagnostic { path: path.to_owned(), file: self.file.as_deref().map(Box::from), ..found }
    }

    fn span(&self, path: &str) -> Range<usize> {
        let places = self.places.get_or_init(|| {
            let outline = Document::new(&self.text).outline();
            // Of values written twice the last one counts.
            outline.0.into_iter().map(|place| (place.path, place.span)).collect()
        });
        let mut wanted = path;
        loop {
            if let Some(span) = places.get(wanted) {
                return span.clone();
            }
            if wanted.is_empty() {
                return 0..0;
            }
            wanted = &wanted[..wanted.rfind(['.', '[']).unwrap_or(0)];
        }
    }
}

/// What was found, in the order in which it was found.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) errors: Vec<Diagnostic>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// Paths of fields that mean nothing.
    pub(crate) ignored: Vec<String>,
}

impl Findings {
    /// Adds one where its severity says.
    pub(crate) fn add(&mut self, found: Diagnostic) {
        let list = match found.severity() {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        if list.len() < FINDINGS_MAX {
            list.push(found);
        }
    }
}

/// A value in its place.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) source: &'a Source,
    pub(crate) path: &'a str,
}

impl At<'_> {
    pub(crate) fn error(&self, message: impl Into<String>) -> Diagnostic {
        self.source.finding(self.path, message)
    }

    pub(crate) fn warning(&self, message: impl Into<String>) -> Diagnostic {
        self.error(message).as_warning()
    }
}

/// Path of a member.
pub(crate) fn member(above: &str, key: &str) -> String {
    join(above, key)
}

/// Path of an item.
pub(crate) fn item(above: &str, index: usize) -> String {
    format!("{above}[{index}]")
}

/// The word that was probably meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let close = known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&word.to_lowercase(), &known.to_lowercase()), known));
    // A third of a word may be wrong.
    let allowed = |known: &str| (known.chars().count().max(word.chars().count()) / 3).min(3);
    let fits = close.filter(|(distance, known)| *distance <= allowed(known) && *known != word);
    fits.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// `did you mean …`, if anything is near.
pub(crate) fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if word.len() > 64 {
        return None;
    }
    nearest(word, known).map(|known| format!("did you mean `{known}`?"))
}

/// What a value is, for people.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
