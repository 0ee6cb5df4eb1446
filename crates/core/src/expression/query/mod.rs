//! Paths that may find many values: the dialect of Jayway JsonPath, which Conductor's `${…}` speaks.
//!
//! A path is read once, when a template is compiled. If it is plain it stays a list of segments; everything else
//! becomes a [`Query`]: the plain steps that it begins with, which the environment resolves, and the [`Step`]s
//! that are taken from there. A definite query gives a value or `null`, any other gives the list of what it finds.
//!
//! The grammar: [`reader`] (characters), [`steps`] (`.a..b`), [`bracket`] (`[…]`), [`filter`] (`?(…)`),
//! [`literal`], [`function`]; in choices [`operands`]. The work: [`run`] and [`choose`], held in bounds by [`budget`]. `docs/reference/expressions.md` is the
//! user's view of it and lists what deliberately differs from Jayway.

mod bracket;
mod budget;
mod choose;
mod filter;
mod function;
mod literal;
mod operands;
mod operator;
mod reader;
mod run;
mod steps;

use std::borrow::Cow;

use serde_json::Value;

use super::Environment;
use super::path::Segment;
use filter::Filter;
use function::Call;
pub(super) use operands::{Operand, operands};
pub(super) use steps::parse;

/// A path, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Path {
    /// Nothing but names and positions.
    Plain(Vec<Segment>),
    /// Anything else.
    Query(Box<Query>),
}

impl Path {
    /// The plain steps that the path begins with.
    pub(super) fn prefix(&self) -> &[Segment] {
        match self {
            Self::Plain(path) => path,
            Self::Query(query) => &query.prefix,
        }
    }
}

/// A path that is more than names and positions.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    prefix: Vec<Segment>,
    steps: Vec<Step>,
    is_definite: bool,
}

impl Query {
    /// The plain steps that the path begins with; the first is the root name.
    pub fn prefix(&self) -> &[Segment] {
        &self.prefix
    }

    /// True when the path can find one value at most. Such a path gives `null` when it finds nothing, and any other
    /// an empty list.
    pub fn is_definite(&self) -> bool {
        self.is_definite
    }

    /// What the path finds, if it finds something. One that may find several values does so where it has something to
    /// begin with.
    pub fn find(&self, env: &dyn Environment) -> Option<Value> {
        let has_begin = || self.prefix.is_empty() || env.resolve(&self.prefix).is_some();
        run::find(self, env)
            .filter(|found| self.is_definite || *found != Value::Array(Vec::new()) || has_begin())
    }

    /// What the path finds. `null` if that takes more work than an expression may cost.
    pub fn value(&self, env: &dyn Environment) -> Value {
        run::value(self, env)
    }
}

/// One step from a value to others.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// `.a`, `['a']`
    Key(String),
    /// `['a','b']` at the end: one object with those of them that there are.
    Merge(Vec<String>),
    /// `['a','b']` before other steps: each of them that there is.
    Each(Vec<String>),
    /// `[0]`, `[-1]`
    Index(i64),
    /// `[0,2]`
    Indexes(Vec<i64>),
    /// `[a:b]`
    Slice(Slice),
    /// `*`, `[*]`
    All,
    /// `[?(…)]`
    Filter(Filter),
    /// `..` and a step: the step, from here and from everything below.
    Deep(Box<Step>),
    /// `.length()`
    Call(Call),
}

impl Step {
    fn is_definite(&self) -> bool {
        matches!(self, Self::Key(_) | Self::Merge(_) | Self::Index(_) | Self::Call(_))
    }
}

/// `[from:to]`, of which one may be left out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Slice {
    From(i64),
    To(i64),
    Between(i64, i64),
}

/// Where a path leaves the grammar: byte offset and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathError {
    pub(super) offset: usize,
    pub(super) expected: Cow<'static, str>,
}
