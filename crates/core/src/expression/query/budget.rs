//! What a query may cost, whatever it says: without it `$..*..*..*` on a large value would hold up the core.

use std::cell::Cell;

use serde_json::Value;

/// Values that one query may look at or give, at most. A text counts one more for every 64 bytes.
const VALUES_MAX: usize = 1_000_000;

/// A query costs too much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exhausted;

/// What is left of a query's means.
pub(super) struct Budget(Cell<usize>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(VALUES_MAX))
    }
}

impl Budget {
    /// Pays for so many values.
    pub(super) fn pay(&self, values: usize) -> Result<(), Exhausted> {
        let left = self.0.get().checked_sub(values);
        self.0.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Exhausted)
    }

    /// Pays for everything in a value, before it is copied or compared.
    pub(super) fn pay_whole(&self, value: &Value) -> Result<(), Exhausted> {
        self.pay(1)?;
        match value {
            Value::String(text) => self.pay(text.len() / 64),
            Value::Array(list) => list.iter().try_for_each(|item| self.pay_whole(item)),
            Value::Object(map) => map.iter().try_for_each(|(key, item)| {
                self.pay(key.len() / 64)?;
                self.pay_whole(item)
            }),
            _ => Ok(()),
        }
    }
}
