//! Characters of a path, one after the other.

use super::PathError;

/// Filters, arguments and literals inside each other, at most.
const NESTING_MAX: usize = 16;

/// Where a path stands, which tells what ends it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    /// Between `${` and `}`: it ends with the text.
    Whole,
    /// In a filter: at a blank, an operator or a closing bracket.
    Filter,
    /// Among a function's arguments: at a blank, a comma or a closing bracket.
    Argument,
    /// One of the operands of a choice: at a blank, a brace or `??`.
    Choice,
}

/// A place in the text of a path.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    depth: usize,
    pub(super) place: Place,
}

impl<'a> Reader<'a> {
    /// Reads a text; blanks around it do not count.
    pub(super) fn new(text: &'a str) -> Self {
        let at = text.len() - text.trim_start().len();
        Self { text, at, end: at + text.trim().len(), depth: 0, place: Place::Whole }
    }

    /// Where in the text it stands, in bytes.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..self.end]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.end
    }

    /// Goes on by so many bytes, which end between characters.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Takes what is there while it fits.
    pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|next| !fits(next)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// Takes a text if it is next.
    pub(super) fn take(&mut self, wanted: &str) -> bool {
        let is_next = self.rest().starts_with(wanted);
        if is_next {
            self.at += wanted.len();
        }
        is_next
    }

    /// Takes a text that must be next, after blanks.
    pub(super) fn need(&mut self, wanted: &'static str) -> Result<(), PathError> {
        self.skip_blanks();
        if self.take(wanted) { Ok(()) } else { Err(self.expected(format!("`{wanted}`"))) }
    }

    pub(super) fn skip_blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    pub(super) fn expected(&self, what: impl Into<std::borrow::Cow<'static, str>>) -> PathError {
        PathError { offset: self.at, expected: what.into() }
    }

    /// The same error for what began `bytes` ago.
    pub(super) fn expected_before(
        &self,
        bytes: usize,
        what: impl Into<std::borrow::Cow<'static, str>>,
    ) -> PathError {
        PathError { offset: self.at - bytes, ..self.expected(what) }
    }

    /// Whether the path ends here, as its place has it.
    pub(super) fn is_path_end(&self) -> bool {
        self.is_at_end() || self.peek().is_some_and(|next| self.ends_path(next, self.rest()))
    }

    /// Whether `next`, the first character of `rest`, ends a path.
    pub(super) fn ends_path(&self, next: char, rest: &str) -> bool {
        match self.place {
            Place::Whole => false,
            Place::Argument => next.is_whitespace() || matches!(next, ',' | ')'),
            Place::Choice => next.is_whitespace() || matches!(next, '{' | '}') || rest.starts_with("??"),
            Place::Filter => {
                next.is_whitespace()
                    || matches!(next, ')' | ']' | '<' | '>' | '=' | '~' | '!')
                    || rest.starts_with("&&")
                    || rest.starts_with("||")
            }
        }
    }

    /// Reads something inside of something else, in its own place.
    pub(super) fn inside<T>(
        &mut self,
        place: Place,
        read: impl FnOnce(&mut Self) -> Result<T, PathError>,
    ) -> Result<T, PathError> {
        if self.depth >= NESTING_MAX {
            return Err(self.expected("filters, arguments and literals nested at most 16 deep"));
        }
        let before = self.place;
        (self.depth, self.place) = (self.depth + 1, place);
        let read = read(self);
        (self.depth, self.place) = (self.depth - 1, before);
        read
    }
}
