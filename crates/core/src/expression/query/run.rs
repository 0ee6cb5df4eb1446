//! Taking the steps of a query, breadth before depth: the order of what is found is the order of the document.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::budget::{Budget, Exhausted};
use super::function::{Argument, Call, Function};
use super::{Query, Slice, Step};
use crate::expression::Environment;
use crate::expression::path::{item, select_ref};

/// What reading a value from the execution costs, in values.
const READ_COST: usize = 1_000;

/// What a query finds.
pub(super) fn value(query: &Query, env: &dyn Environment) -> Value {
    find(query, env).unwrap_or(Value::Null)
}

/// What a query finds; `None` for a definite one that finds nothing, and for one that costs too much.
pub(super) fn find(query: &Query, env: &dyn Environment) -> Option<Value> {
    let run = Run { env, budget: Budget::default(), document: OnceCell::new(), known: RefCell::default() };
    run.below_root(query).ok().flatten()
}

/// One evaluation.
pub(super) struct Run<'e> {
    env: &'e dyn Environment,
    pub(super) budget: Budget,
    /// Everything, for paths without a root name.
    document: OnceCell<Value>,
    /// What the `$` paths in filters and arguments found, by address: the same for every item.
    known: RefCell<HashMap<*const Query, Rc<Option<Value>>>>,
}

type Found<'v> = Vec<Cow<'v, Value>>;

impl Run<'_> {
    /// What a path from the root finds; `None` for a definite one that finds nothing.
    fn below_root(&self, query: &Query) -> Result<Option<Value>, Exhausted> {
        let start = match (query.prefix.as_slice(), query.steps.first()) {
            ([], Some(Step::Call(call))) if call.ignores_object() => Some(Cow::Owned(Value::Null)),
            ([], _) => Some(Cow::Borrowed(self.document.get_or_init(|| self.env.document()))),
            (prefix, _) => self.env.resolve(prefix).map(Cow::Owned),
        };
        let Some(start) = start else { return Ok((!query.is_definite).then(|| Value::Array(Vec::new()))) };
        if query.steps.is_empty() {
            return Ok(Some(start.into_owned()));
        }
        let found = self.take_steps(query, &start)?;
        Ok(self.answer(query, found)?.map(Cow::into_owned))
    }

    /// What a path finds below a value.
    pub(super) fn below<'v>(
        &self,
        query: &Query,
        value: &'v Value,
    ) -> Result<Option<Cow<'v, Value>>, Exhausted> {
        self.budget.pay(1)?;
        let Some(start) = select_ref(value, &query.prefix) else {
            return Ok((!query.is_definite).then(|| Cow::Owned(Value::Array(Vec::new()))));
        };
        if query.steps.is_empty() {
            return Ok(Some(Cow::Borrowed(start)));
        }
        let found = self.take_steps(query, start)?;
        self.answer(query, found)
    }

    fn answer<'v>(&self, query: &Query, mut found: Found<'v>) -> Result<Option<Cow<'v, Value>>, Exhausted> {
        if query.is_definite {
            return Ok(found.pop());
        }
        found.iter().try_for_each(|value| self.budget.pay_whole(value))?;
        Ok(Some(Cow::Owned(found.into_iter().map(Cow::into_owned).collect())))
    }

    fn take_steps<'v>(&self, query: &Query, start: &'v Value) -> Result<Found<'v>, Exhausted> {
        let mut here = vec![Cow::Borrowed(start)];
        for step in &query.steps {
            let mut next = Vec::new();
            for value in here {
                match value {
                    Cow::Borrowed(value) => self.step(step, value, &mut next)?,
                    Cow::Owned(value) => {
                        let mut found = Vec::new();
                        self.step(step, &value, &mut found)?;
                        found.iter().try_for_each(|value| self.budget.pay_whole(value))?;
                        next.extend(found.into_iter().map(|value| Cow::Owned(value.into_owned())));
                    }
                }
            }
            here = next;
        }
        Ok(here)
    }

    /// What a `$` path within the query finds, worked out once.
    pub(super) fn known(&self, query: &Query) -> Result<Rc<Option<Value>>, Exhausted> {
        let address = std::ptr::from_ref(query);
        if let Some(found) = self.known.borrow().get(&address) {
            return Ok(found.clone());
        }
        self.budget.pay(READ_COST)?;
        let found = Rc::new(self.below_root(query)?);
        self.known.borrow_mut().insert(address, found.clone());
        Ok(found)
    }

    /// Whether there is something where a `$` path stops being definite.
    pub(super) fn begins(&self, query: &Query) -> Result<bool, Exhausted> {
        self.budget.pay(READ_COST)?;
        Ok(query.prefix.is_empty() || self.env.resolve(&query.prefix).is_some())
    }

    fn step<'v>(&self, step: &Step, value: &'v Value, found: &mut Found<'v>) -> Result<(), Exhausted> {
        self.budget.pay(1)?;
        let before = found.len();
        match (step, value) {
            (Step::Key(key), Value::Object(map)) => found.extend(map.get(key).map(Cow::Borrowed)),
            (Step::Merge(keys), Value::Object(map)) => found.push(Cow::Owned(self.merged(keys, map)?)),
            (Step::Each(keys), Value::Object(map)) => {
                found.extend(keys.iter().filter_map(|key| map.get(key)).map(Cow::Borrowed));
            }
            (Step::Index(index), Value::Array(list)) => found.extend(item(list, *index).map(Cow::Borrowed)),
            (Step::Indexes(indexes), Value::Array(list)) => {
                found.extend(indexes.iter().filter_map(|index| item(list, *index)).map(Cow::Borrowed));
            }
            (Step::Slice(slice), Value::Array(list)) => found.extend(slice.of(list).map(Cow::Borrowed)),
            (Step::All, Value::Array(list)) => found.extend(list.iter().map(Cow::Borrowed)),
            (Step::All, Value::Object(map)) => found.extend(map.values().map(Cow::Borrowed)),
            (Step::Filter(filter), Value::Array(list)) => {
                for item in list {
                    if self.holds(filter, item)? {
                        found.push(Cow::Borrowed(item));
                    }
                }
            }
            (Step::Filter(filter), Value::Object(_)) if self.holds(filter, value)? => {
                found.push(Cow::Borrowed(value));
            }
            (Step::Deep(step), _) => self.deep(step, value, found)?,
            (Step::Call(call), _) => found.extend(self.call(call, value)?.map(Cow::Owned)),
            _ => {}
        }
        self.budget.pay(found.len() - before)
    }

    fn merged(&self, keys: &[String], map: &Map<String, Value>) -> Result<Value, Exhausted> {
        let mut merged = Map::new();
        for key in keys {
            if let Some(value) = map.get(key) {
                self.budget.pay_whole(value)?;
                merged.insert(key.clone(), value.clone());
            }
        }
        Ok(Value::Object(merged))
    }

    /// A step from a value and from everything below it, outer values first.
    fn deep<'v>(&self, step: &Step, value: &'v Value, found: &mut Found<'v>) -> Result<(), Exhausted> {
        self.budget.pay(1)?;
        let is_fit = match (step, value) {
            (Step::Merge(keys), Value::Object(map)) => keys.iter().all(|key| map.contains_key(key)),
            (Step::Filter(filter), Value::Array(_) | Value::Object(_)) => self.holds(filter, value)?,
            (_, Value::Array(_) | Value::Object(_)) => true,
            _ => return Ok(()),
        };
        if is_fit {
            self.step(step, value, found)?;
        }
        match value {
            Value::Array(list) => list.iter().try_for_each(|item| self.deep(step, item, found)),
            Value::Object(map) => map.values().try_for_each(|item| self.deep(step, item, found)),
            _ => Ok(()),
        }
    }

    fn call(&self, call: &Call, value: &Value) -> Result<Option<Value>, Exhausted> {
        let mut arguments = Vec::new();
        for argument in &call.arguments {
            let argument = match argument {
                Argument::Value(value) => value.clone(),
                Argument::Path(query) => match (self.known(query)?.as_ref(), call.function) {
                    (None, _) => return Ok(None),
                    // The length of what an indefinite path finds is that of all its matches.
                    (Some(Value::Array(matches)), Function::Length) if !query.is_definite => {
                        matches.iter().flat_map(children).cloned().collect()
                    }
                    (Some(value), _) => value.clone(),
                },
            };
            self.budget.pay_whole(&argument)?;
            arguments.push(argument);
        }
        self.budget.pay_whole(value)?;
        Ok(call.function.apply(value, &arguments))
    }
}

impl Call {
    /// True if it does not matter what the call is applied to when that is an object.
    fn ignores_object(&self) -> bool {
        self.function.ignores_objects() || (self.function == Function::Length && !self.arguments.is_empty())
    }
}

impl Slice {
    /// The items of the slice. Between two positions Jayway counts on from the first to the second, negative ones
    /// from the end on the way.
    fn of(self, list: &[Value]) -> impl Iterator<Item = &Value> {
        let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
        let (from, to) = match self {
            Self::From(from) if from < 0 => ((from + length).max(0), length),
            Self::From(from) => (from, length),
            Self::To(to) if to < 0 => (0, to + length),
            Self::To(to) => (0, to.min(length)),
            Self::Between(from, to) => (from.max(-length), to.min(length)),
        };
        (from..to).filter_map(|index| item(list, index))
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}
