//! Whether a filter holds for an item.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::Value;

use super::Query;
use super::budget::Exhausted;
use super::filter::{Filter, Operand, Source};
use super::literal::Pattern;
use super::operator::Operator;
use super::run::Run;
use crate::expression::java_text;
use crate::expression::path::select_ref;

/// One side of a comparison, found. What is missing is `null`.
enum Side<'v> {
    Item(Cow<'v, Value>),
    Root(Rc<Option<Value>>),
}

impl Side<'_> {
    fn value(&self) -> &Value {
        match self {
            Self::Item(value) => value,
            Self::Root(found) => found.as_ref().as_ref().unwrap_or(&Value::Null),
        }
    }
}

impl Run<'_> {
    /// Whether a filter chooses an item.
    pub(super) fn holds(&self, filter: &Filter, item: &Value) -> Result<bool, Exhausted> {
        self.budget.pay(1)?;
        match filter {
            Filter::Any(filters) => self.finds(filters, item, true),
            Filter::All(filters) => Ok(!self.finds(filters, item, false)?),
            Filter::Not(filter) => Ok(!self.holds(filter, item)?),
            Filter::Exists(source, query) => self.exists(*source, query, item),
            Filter::Compare(left, operator, right) => self.compares(left, *operator, right, item),
        }
    }

    /// Whether one of the filters gives the `wanted` answer.
    fn finds(&self, filters: &[Filter], item: &Value, wanted: bool) -> Result<bool, Exhausted> {
        for filter in filters {
            if self.holds(filter, item)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Jayway asks no more of an indefinite path than that its definite beginning is there.
    fn exists(&self, source: Source, query: &Query, item: &Value) -> Result<bool, Exhausted> {
        match (source, query.is_definite) {
            (Source::Item, true) => Ok(self.below(query, item)?.is_some()),
            (Source::Item, false) => Ok(select_ref(item, &query.prefix).is_some()),
            (Source::Root, true) => Ok(self.known(query)?.is_some()),
            (Source::Root, false) => self.begins(query),
        }
    }

    fn compares(
        &self,
        left: &Operand,
        operator: Operator,
        right: &Operand,
        item: &Value,
    ) -> Result<bool, Exhausted> {
        match (left, right) {
            (Operand::Pattern(pattern), other) | (other, Operand::Pattern(pattern)) => {
                let Some(side) = self.side(other, item)? else { return Ok(false) };
                Ok(operator == Operator::Matches && self.matches(pattern, side.value())?)
            }
            _ => {
                let (Some(left), Some(right)) = (self.side(left, item)?, self.side(right, item)?) else {
                    return Ok(false);
                };
                let (left, right) = (left.value(), right.value());
                self.pay_for(operator, left, right)?;
                Ok(operator.holds(left, right))
            }
        }
    }

    fn pay_for(&self, operator: Operator, left: &Value, right: &Value) -> Result<(), Exhausted> {
        self.budget.pay_whole(left)?;
        self.budget.pay_whole(right)?;
        match (left, right) {
            (Value::Array(left), Value::Array(right)) if operator.pairs_items() => {
                self.budget.pay(left.len().saturating_mul(right.len()))
            }
            _ => Ok(()),
        }
    }

    /// One side of a comparison; `None` for a regular expression, which is no value.
    fn side<'v>(&self, operand: &'v Operand, item: &'v Value) -> Result<Option<Side<'v>>, Exhausted> {
        Ok(match operand {
            Operand::Pattern(_) => None,
            Operand::Value(value) => Some(Side::Item(Cow::Borrowed(value))),
            Operand::Path(Source::Root, query) => Some(Side::Root(self.known(query)?)),
            Operand::Path(Source::Item, query) => {
                Some(Side::Item(self.below(query, item)?.unwrap_or(Cow::Owned(Value::Null))))
            }
        })
    }

    /// Whether a text, a number, a boolean or one of a list of them is what the expression describes.
    fn matches(&self, pattern: &Pattern, value: &Value) -> Result<bool, Exhausted> {
        let items = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for item in items {
            let text = match item {
                Value::String(text) => Cow::Borrowed(text.as_str()),
                Value::Number(_) | Value::Bool(_) => Cow::Owned(java_text::of(item)),
                _ => Cow::Borrowed(""),
            };
            self.budget.pay(pattern.cost(text.len()))?;
            if pattern.is_match(&text) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
