//! Lengths of time that may have fractions of a second, where upstream knows whole ones.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::{Serialize, Serializer};

/// What a wire of 32 bits holds; more is refused.
const SECONDS_MAX: f64 = i32::MAX as f64;

/// A number of seconds. Whole ones are written as integers, as upstream writes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Seconds(f64);

impl Seconds {
    /// So many; at most what a wire of 32 bits holds, and none for what is no number.
    pub fn of(seconds: f64) -> Self {
        Self(if seconds.is_nan() { 0.0 } else { seconds.clamp(-SECONDS_MAX, SECONDS_MAX) })
    }

    /// The same in milliseconds, rounded; never negative.
    pub fn ms(self) -> i64 {
        // At most 2^31 thousand, so it fits.
        (self.0.max(0.0) * 1000.0).round() as i64
    }
}

impl From<i32> for Seconds {
    fn from(seconds: i32) -> Self {
        Self(seconds.into())
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.fract() == 0.0 {
            true => serializer.serialize_i64(self.0 as i64),
            false => serializer.serialize_f64(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        seconds_or::<D, 0>(deserializer)
    }
}

/// `null` and `""` read as `N`.
pub(super) fn seconds_or<'de, D: Deserializer<'de>, const N: i32>(
    deserializer: D,
) -> Result<Seconds, D::Error> {
    let read = deserializer.deserialize_any(SecondsVisitor)?;
    Ok(read.unwrap_or_else(|| N.into()))
}

struct SecondsVisitor;

impl Visitor<'_> for SecondsVisitor {
    type Value = Option<Seconds>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of seconds or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        match number.abs() <= SECONDS_MAX {
            true => Ok(Some(Seconds(number))),
            false => Err(E::custom("the number is out of range")),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match text.trim() {
            "" => Ok(None),
            digits => match digits.parse() {
                Ok(number) => self.visit_f64(number),
                Err(_) => Err(E::invalid_value(Unexpected::Str(text), &self)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::definition::TaskDef;

    #[test]
    fn fractions_are_kept_and_whole_numbers_stay_integers() {
        let read = |given: Value| -> Result<TaskDef, _> {
            serde_json::from_value(
                json!({"name": "t", "retryDelaySeconds": given, "maxRetryDelaySeconds": given}),
            )
        };
        let table = [
            (json!(5), json!(5), 5000),
            (json!(5.0), json!(5), 5000),
            (json!("7"), json!(7), 7000),
            (json!(0), json!(0), 0),
            (json!(0.2), json!(0.2), 200),
            (json!("1.5"), json!(1.5), 1500),
            (json!(0.0004), json!(0.0004), 0),
            (json!(-1), json!(-1), 0),
            (json!(i32::MAX), json!(i32::MAX), 2_147_483_647_000),
        ];
        for (given, written, ms) in table {
            let def = read(given.clone()).unwrap_or_else(|error| panic!("{given}: {error}"));
            assert_eq!(def.retry_delay_seconds.ms(), ms, "{given}");
            let json = serde_json::to_value(&def).expect("JSON");
            assert_eq!((&json["retryDelaySeconds"], &json["maxRetryDelaySeconds"]), (&written, &written));
        }
        let absent = read(Value::Null).expect("the defaults");
        assert_eq!((absent.retry_delay_seconds, absent.max_retry_delay_seconds), (60.into(), 0.into()));
        for given in [json!(2_147_483_648_i64), json!(1e300), json!("NaN"), json!("soon"), json!([1])] {
            assert!(read(given.clone()).is_err(), "{given}");
        }
    }
}
