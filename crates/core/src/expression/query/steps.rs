//! `$.a..b[0].length()`: roots, names, deep scans.

use super::function::{Argument, Call};
use super::reader::{Place, Reader};
use super::{Path, PathError, Query, Segment, Step};

/// Steps of one path, at most.
const STEPS_MAX: usize = 256;

const STEP: &str = "a name, `*` or `[`";

/// Reads a path such as `a.b['c'][?(@.d > 1)]`, optionally with `$` or `$.` in front.
pub(in super::super) fn parse(text: &str) -> Result<Path, PathError> {
    Reader::new(text).path()
}

impl Path {
    fn of(steps: Vec<Step>) -> Self {
        let query = Query::of(steps);
        match query.steps.is_empty() && !query.prefix.is_empty() {
            true => Self::Plain(query.prefix),
            false => Self::Query(Box::new(query)),
        }
    }
}

impl Query {
    fn of(mut steps: Vec<Step>) -> Self {
        // `$..a.sum()` is the sum of all that `$..a` finds; elsewhere a function is applied to each match.
        if matches!(steps.first(), Some(Step::Deep(_)))
            && let Some(Step::Call(call)) = steps.pop_if(|last| matches!(last, Step::Call(_)))
        {
            let matches = Argument::Path(Self::of(steps));
            return Self::of(vec![Step::Call(Call { function: call.function, arguments: vec![matches] })]);
        }
        let is_definite = steps.iter().all(Step::is_definite);
        let plain = steps.iter().take_while(|step| matches!(step, Step::Key(_) | Step::Index(_))).count();
        let rest = steps.split_off(plain);
        let segments = steps.into_iter().filter_map(|step| match step {
            Step::Key(key) => Some(Segment::Key(key)),
            Step::Index(index) => Some(Segment::Index(index)),
            _ => None,
        });
        Self { prefix: segments.collect(), steps: rest, is_definite }
    }
}

impl Reader<'_> {
    /// A path, as far as its place lets it go.
    pub(super) fn path(&mut self) -> Result<Path, PathError> {
        let has_root = self.take("$") || self.take("@");
        let steps = if has_root { self.after_root()? } else { self.without_root()? };
        Ok(Path::of(steps))
    }

    /// A path in a filter or an argument list, at its `$` or `@`.
    pub(super) fn inner_path(&mut self, place: Place) -> Result<Query, PathError> {
        self.inside(place, |reader| {
            reader.advance(1);
            Ok(Query::of(reader.after_root()?))
        })
    }

    fn after_root(&mut self) -> Result<Vec<Step>, PathError> {
        if !self.is_path_end() && !matches!(self.peek(), Some('.' | '[')) {
            return Err(self.expected("`.` or `[`"));
        }
        self.remaining(Vec::new())
    }

    /// A path with the implicit `$.`, so one more `.` is a deep scan.
    fn without_root(&mut self) -> Result<Vec<Step>, PathError> {
        let first = self.after_dot()?;
        self.remaining(vec![first])
    }

    fn remaining(&mut self, mut steps: Vec<Step>) -> Result<Vec<Step>, PathError> {
        while !self.is_path_end() {
            if steps.len() >= STEPS_MAX {
                return Err(self.expected("at most 256 steps"));
            }
            let step = if self.take(".") { self.after_dot()? } else { self.step()? };
            steps.push(step);
        }
        // Several names are one object at the end of a path, and a choice before other steps.
        if let Some(last) = steps.last_mut() {
            merge(last);
        }
        Ok(steps)
    }

    fn after_dot(&mut self) -> Result<Step, PathError> {
        if !self.take(".") {
            return self.step();
        }
        let misplaced = self.expected("a name, `*` or `[` between `..` and a function");
        match self.step()? {
            Step::Call(_) => Err(misplaced),
            step => Ok(Step::Deep(Box::new(step))),
        }
    }

    fn step(&mut self) -> Result<Step, PathError> {
        match self.peek() {
            None | Some('.') => Err(self.expected(STEP)),
            Some('[') => self.bracket(),
            Some('*') => {
                self.advance(1);
                Ok(Step::All)
            }
            Some(_) => self.name(),
        }
    }

    fn name(&mut self) -> Result<Step, PathError> {
        let rest = self.rest();
        let ends = |(at, next): &(usize, char)| {
            matches!(next, '.' | '[' | '(') || next.is_whitespace() || self.ends_path(*next, &rest[*at..])
        };
        let length = rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at);
        let name = &rest[..length];
        let next = rest[length..].chars().next();
        if next.is_some_and(char::is_whitespace) && self.place == Place::Whole {
            self.advance(length);
            return Err(self.expected("a name without blanks, or one in brackets: ['my name']"));
        }
        match (name, next) {
            ("", _) => Err(self.expected(STEP)),
            (_, Some('(')) => self.call(name).map(Step::Call),
            _ => {
                self.advance(length);
                Ok(Step::Key(name.to_owned()))
            }
        }
    }
}

fn merge(last: &mut Step) {
    match last {
        Step::Each(keys) => *last = Step::Merge(std::mem::take(keys)),
        Step::Deep(step) => merge(step),
        _ => {}
    }
}
