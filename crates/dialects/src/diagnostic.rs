//! What is wrong with a text, and where.

use std::fmt;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Severity {
    /// The text cannot be used.
    #[default]
    Error,
    /// The text can be used, but hardly means what it says.
    Warning,
}

/// One finding in a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostic {
    /// The file, where the text came from one.
    pub file: Option<Box<str>>,
    /// Line, counted from 1; 0 if the place is not known.
    pub line: usize,
    /// Column in characters, counted from 1; 0 if the place is not known.
    pub column: usize,
    /// The offending bytes of the text.
    pub span: std::ops::Range<usize>,
    /// Path of the offending field, such as `tasks[2].name`; empty at the top.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What was expected in its place.
    pub expected: Option<Box<str>>,
    /// What else there is to say.
    pub(crate) remark: Option<Box<Remark>>,
}

/// What few findings have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Remark {
    hint: Option<String>,
    severity: Severity,
}

impl Diagnostic {
    /// A finding at these bytes of a text.
    pub fn at(text: &str, span: std::ops::Range<usize>, message: impl Into<String>) -> Self {
        let (line, column) = place(text, span.start);
        Self { line, column, span, message: message.into(), ..Self::default() }
    }

    /// Says which file the text came from.
    #[must_use]
    pub fn in_file(self, file: impl Into<Box<str>>) -> Self {
        Self { file: Some(file.into()), ..self }
    }

    /// Says what was expected.
    #[must_use]
    pub fn expecting(self, expected: impl Into<Box<str>>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }

    /// Says what may help, if there is something.
    #[must_use]
    pub fn hinting(mut self, hint: Option<String>) -> Self {
        if hint.is_some() {
            self.remark.get_or_insert_default().hint = hint;
        }
        self
    }

    /// Says that the text can be used nevertheless.
    #[must_use]
    pub fn as_warning(mut self) -> Self {
        self.remark.get_or_insert_default().severity = Severity::Warning;
        self
    }

    /// What may help.
    pub fn hint(&self) -> Option<&str> {
        self.remark.as_ref()?.hint.as_deref()
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.remark.as_ref().map(|remark| remark.severity).unwrap_or_default()
    }

    /// The finding as compilers show it: the line of the text with a caret below. `text` is the text that was read.
    pub fn render(&self, text: &str, renderer: &Renderer) -> String {
        let end = self.span.end.min(text.len());
        let start = self.span.start.min(end);
        let shown = text.is_char_boundary(start) && text.is_char_boundary(end) && self.line > 0;
        let label = self.expected.as_ref().map(|expected| format!("expected {expected}"));
        let title = match self.path.as_str() {
            "" => self.message.clone(),
            path => format!("{path}: {}", self.message),
        };
        let level = match self.severity() {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let hint = self.hint().map(|hint| Level::HELP.message(hint));
        if !shown {
            return renderer.render(&[level.primary_title(&title).elements(hint)]);
        }
        let mut mark = AnnotationKind::Primary.span(start..end);
        if let Some(label) = &label {
            mark = mark.label(label);
        }
        let mut snippet = Snippet::source(text).annotation(mark);
        if let Some(file) = &self.file {
            snippet = snippet.path(&**file);
        }
        renderer.render(&[level.primary_title(&title).element(snippet).elements(hint)])
    }
}

/// Line and column, both counted from 1, of a byte offset.
pub(crate) fn place(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[start..].chars().count() + 1)
}

impl fmt::Display for Diagnostic {
    /// In one line: place, path, message, expectation, hint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}: ")?;
        }
        if self.line > 0 {
            write!(f, "line {}, column {}: ", self.line, self.column)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if let Some(expected) = &self.expected {
            write!(f, ", expected {expected}")?;
        }
        match self.hint() {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}
