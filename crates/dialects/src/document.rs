//! A text with its name and syntax: what the command line reads files as.

use segue_core::definition::Violation;
use serde::de::DeserializeOwned;

use crate::outline::Outline;
use crate::{Diagnostic, json, yaml};

/// Bytes of a document, at most.
pub const BYTES_MAX: usize = 10 * 1024 * 1024;

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Syntax {
    Json,
    Yaml,
}

impl Syntax {
    /// By what a text begins with, which decides for every object and list: YAML that begins with a brace or a
    /// bracket is read as JSON.
    pub fn of(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with(['{', '[']) { Self::Json } else { Self::Yaml }
    }
}

/// A text to be read.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    text: &'a str,
    file: Option<&'a str>,
    syntax: Syntax,
}

impl<'a> Document<'a> {
    /// A text of which the syntax shows.
    pub fn new(text: &'a str) -> Self {
        Self { text, file: None, syntax: Syntax::of(text) }
    }

    /// Says which file it came from.
    #[must_use]
    pub fn in_file(self, file: &'a str) -> Self {
        Self { file: Some(file), ..self }
    }

    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Its syntax.
    pub fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// Reads it as a type, usually one of `segue_core::definition`.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn read<T: DeserializeOwned + Send>(&self) -> Result<T, Diagnostic> {
        if self.text.len() > BYTES_MAX {
            let message = format!("the document is larger than {BYTES_MAX} bytes");
            return Err(self.named(Diagnostic { message, ..Diagnostic::default() }));
        }
        if self.text.trim_start_matches('\u{feff}').trim().is_empty() {
            return Err(self.named(Diagnostic::at(self.text, 0..0, "the document is empty")));
        }
        let read = match self.syntax {
            Syntax::Json => json::read(self.text),
            Syntax::Yaml => yaml::read(self.text),
        };
        read.map_err(|diagnostic| self.named(diagnostic))
    }

    /// Where a rule is broken. Points at the field, or at the nearest thing around it that the text has.
    pub fn locate(&self, violation: &Violation) -> Diagnostic {
        let outline = self.outline();
        let span = outline.nearest(&violation.path).map_or(0..0, |place| place.span.clone());
        // Of a long value its first line is enough to find it.
        let line_end =
            self.text[span.start..span.end].find(['\n', '\r']).map_or(span.end, |at| span.start + at);
        let found = Diagnostic::at(self.text, span.start..line_end, violation.message.clone());
        self.named(Diagnostic { path: violation.path.clone(), ..found })
    }

    /// Where its values stand.
    pub(crate) fn outline(&self) -> Outline {
        match self.syntax {
            Syntax::Json => Outline::of_json(self.text, self.text.len()),
            Syntax::Yaml => yaml::outline(self.text),
        }
    }

    /// The file that it came from, if it was said.
    pub fn file(&self) -> Option<&'a str> {
        self.file
    }

    fn named(&self, diagnostic: Diagnostic) -> Diagnostic {
        Diagnostic { file: self.file.map(Box::from), ..diagnostic }
    }
}
