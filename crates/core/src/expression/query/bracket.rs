//! `['a']`, `['a','b']`, `[0]`, `[0,2]`, `[1:3]`, `[*]`, `[?(…)]`.

use super::reader::{Place, Reader};
use super::{PathError, Slice, Step};

const INSIDE: &str = "a list position, a quoted name, `*` or `?(`";

impl Reader<'_> {
    /// A step in brackets, at its `[`.
    pub(super) fn bracket(&mut self) -> Result<Step, PathError> {
        self.advance(1);
        self.skip_blanks();
        let step = match self.peek() {
            Some('\'' | '"') => self.names()?,
            Some('*') => {
                self.advance(1);
                Step::All
            }
            Some('?') => {
                self.advance(1);
                self.need("(")?;
                let filter = self.inside(Place::Filter, Self::filter)?;
                self.need(")")?;
                Step::Filter(filter)
            }
            _ => self.positions()?,
        };
        self.need("]")?;
        Ok(step)
    }

    fn names(&mut self) -> Result<Step, PathError> {
        let mut names = vec![self.quoted()?];
        while self.comma() {
            match self.peek() {
                Some('\'' | '"') => names.push(self.quoted()?),
                _ => return Err(self.expected("a quoted name")),
            }
        }
        Ok(match names.len() {
            1 => Step::Key(names.remove(0)),
            _ => Step::Each(names),
        })
    }

    fn positions(&mut self) -> Result<Step, PathError> {
        let first = match self.peek() {
            Some(':') => None,
            _ => Some(self.position(INSIDE)?),
        };
        if self.peek() == Some(':') {
            return self.slice(first).map(Step::Slice);
        }
        let mut positions: Vec<i64> = first.into_iter().collect();
        while self.comma() {
            positions.push(self.position("a list position")?);
        }
        Ok(match positions.as_slice() {
            [only] => Step::Index(*only),
            _ => Step::Indexes(positions),
        })
    }

    /// `:to`, `:`, `:to:step` after what comes first. Jayway reads a step width and takes every item all the same.
    fn slice(&mut self, from: Option<i64>) -> Result<Slice, PathError> {
        self.advance(1);
        let to = self.optional_position()?;
        if self.take(":") {
            self.optional_position()?;
        }
        match (from, to) {
            (Some(from), Some(to)) => Ok(Slice::Between(from, to)),
            (Some(from), None) => Ok(Slice::From(from)),
            (None, Some(to)) => Ok(Slice::To(to)),
            (None, None) => Err(self.expected("where the slice begins or ends")),
        }
    }

    fn optional_position(&mut self) -> Result<Option<i64>, PathError> {
        self.skip_blanks();
        match self.peek() {
            Some('0'..='9' | '-') => self.position("a list position").map(Some),
            _ => Ok(None),
        }
    }

    fn position(&mut self, expected: &'static str) -> Result<i64, PathError> {
        let digits = self.take_while(|next| next == '-' || next.is_ascii_digit());
        let position: i32 = digits.parse().map_err(|_| self.expected_before(digits.len(), expected))?;
        Ok(position.into())
    }

    fn comma(&mut self) -> bool {
        self.skip_blanks();
        let found = self.take(",");
        self.skip_blanks();
        found
    }
}
