//! `@.a == 1 && (@.b || !@.c)`: what chooses items.

use super::literal::Pattern;
use super::operator::Operator;
use super::reader::{Place, Reader};
use super::{PathError, Query};
use serde_json::Value;

/// A condition on one value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Not(Box<Filter>),
    /// There is something at a path, `null` included.
    Exists(Source, Query),
    Compare(Operand, Operator, Operand),
}

/// Where a path in a filter begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    /// `@`: the value that the filter looks at.
    Item,
    /// `$`: everything that expressions see.
    Root,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Value(Value),
    Pattern(Pattern),
    Path(Source, Query),
}

impl Reader<'_> {
    /// What stands between `?(` and `)`.
    pub(super) fn filter(&mut self) -> Result<Filter, PathError> {
        self.chain("||", Filter::Any, |reader| reader.chain("&&", Filter::All, Self::term))
    }

    fn chain(
        &mut self,
        operator: &str,
        join: fn(Vec<Filter>) -> Filter,
        term: fn(&mut Self) -> Result<Filter, PathError>,
    ) -> Result<Filter, PathError> {
        let first = term(self)?;
        self.skip_blanks();
        if !self.take(operator) {
            return Ok(first);
        }
        let mut terms = vec![first, term(self)?];
        self.skip_blanks();
        while self.take(operator) {
            terms.push(term(self)?);
            self.skip_blanks();
        }
        Ok(join(terms))
    }

    fn term(&mut self) -> Result<Filter, PathError> {
        self.skip_blanks();
        match self.peek() {
            Some('!') => {
                self.advance(1);
                self.skip_blanks();
                match self.peek() {
                    Some('@' | '$') => self.relation(Expected::Absent),
                    _ => self.inside(Place::Filter, |reader| Ok(Filter::Not(Box::new(reader.term()?)))),
                }
            }
            Some('(') => {
                self.advance(1);
                let inner = self.inside(Place::Filter, Self::filter)?;
                self.need(")")?;
                Ok(inner)
            }
            _ => self.relation(Expected::Present),
        }
    }

    /// A comparison, or a path alone. A `!` before a path counts only where the path stands alone, as Jayway has it.
    fn relation(&mut self, expected: Expected) -> Result<Filter, PathError> {
        let left = self.operand()?;
        if let Some(operator) = self.operator()? {
            self.skip_blanks();
            return Ok(Filter::Compare(left, operator, self.operand()?));
        }
        let Operand::Path(source, query) = left else {
            return Err(self.expected("an operator"));
        };
        let exists = Filter::Exists(source, query);
        Ok(match expected {
            Expected::Present => exists,
            Expected::Absent => Filter::Not(Box::new(exists)),
        })
    }

    fn operand(&mut self) -> Result<Operand, PathError> {
        match self.peek() {
            Some('@') => Ok(Operand::Path(Source::Item, self.inner_path(Place::Filter)?)),
            Some('$') => Ok(Operand::Path(Source::Root, self.inner_path(Place::Filter)?)),
            Some('/') => self.pattern().map(Operand::Pattern),
            _ => self.literal().map(Operand::Value),
        }
    }

    fn operator(&mut self) -> Result<Option<Operator>, PathError> {
        self.skip_blanks();
        let signs = self.take_while(|next| matches!(next, '<' | '>' | '=' | '~' | '!'));
        let word = match signs {
            "" => self.take_while(|next| next.is_ascii_alphabetic()),
            signs => signs,
        };
        if word.is_empty() {
            return Ok(None);
        }
        match Operator::named(word) {
            Some(operator) => Ok(Some(operator)),
            None => Err(self.expected_before(
                word.len(),
                "one of ==, !=, ===, !==, <, <=, >, >=, =~, in, nin, subsetof, anyof, noneof, all, contains, size, empty",
            )),
        }
    }
}

#[derive(Clone, Copy)]
enum Expected {
    Present,
    Absent,
}
