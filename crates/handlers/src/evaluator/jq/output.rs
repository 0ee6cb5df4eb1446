//! Results of jq as one JSON list, as far as the bounds on results allow.

use jaq_json::{Num, Val};

use crate::evaluator::frames::{Failure, RESULT_LEVELS_MAX};

/// Beyond it a double says nothing about units, and jq 1.6 writes it with an exponent.
const INTEGRAL_MAX: f64 = 9.2e18;

/// A list that grows by one result after the other.
pub(super) struct Output {
    text: String,
    bytes_max: usize,
}

impl Output {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { text: "[".to_owned(), bytes_max }
    }

    pub(super) fn push(&mut self, value: &Val) -> Result<(), Failure> {
        self.separate();
        self.write(value, 1)
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push(']');
        self.text
    }

    fn separate(&mut self) {
        if !self.text.ends_with(['[', '{']) {
            self.text.push(',');
        }
    }

    fn write(&mut self, value: &Val, level: usize) -> Result<(), Failure> {
        if level > RESULT_LEVELS_MAX {
            return Err(Failure::result_too_deep());
        }
        if self.text.len() > self.bytes_max {
            return Err(Failure::result_too_large(self.bytes_max));
        }
        match value {
            Val::Null => self.text.push_str("null"),
            Val::Bool(is_true) => self.text.push_str(if *is_true { "true" } else { "false" }),
            Val::Num(number) => self.text.push_str(&number_text(number)),
            Val::TStr(text) | Val::BStr(text) => self.write_text(&String::from_utf8_lossy(text)),
            Val::Arr(items) => {
                self.text.push('[');
                for item in items.iter() {
                    self.separate();
                    self.write(item, level + 1)?;
                }
                self.text.push(']');
            }
            Val::Obj(entries) => {
                self.text.push('{');
                for (key, value) in entries.iter() {
                    self.separate();
                    self.write_key(key)?;
                    self.text.push(':');
                    self.write(value, level + 1)?;
                }
                self.text.push('}');
            }
        }
        Ok(())
    }

    fn write_key(&mut self, key: &Val) -> Result<(), Failure> {
        match key {
            Val::TStr(text) | Val::BStr(text) => self.write_text(&String::from_utf8_lossy(text)),
            other => return Err(Failure::failed(format!("Object keys must be strings, not {other}"))),
        }
        Ok(())
    }

    fn write_text(&mut self, text: &str) {
        self.text.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// Integral numbers as integers, whatever jaq computed them in; what JSON cannot write as jq 1.6 does.
fn number_text(number: &Num) -> String {
    match number {
        Num::Int(integer) => integer.to_string(),
        Num::BigInt(integer) => integer.to_string(),
        Num::Float(float) => float_text(*float),
        Num::Dec(text) => match text.parse::<f64>() {
            Ok(float) if float.is_finite() && serde_json::from_str::<f64>(text).is_ok() => text.to_string(),
            Ok(float) => float_text(float),
            Err(_) => "null".to_owned(),
        },
    }
}

fn float_text(float: f64) -> String {
    if float.is_nan() {
        return "null".to_owned();
    }
    let finite = float.clamp(f64::MIN, f64::MAX);
    if finite.fract() == 0.0 && finite.abs() < INTEGRAL_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "it is integral and within range")]
        return (finite as i64).to_string();
    }
    serde_json::Value::from(finite).to_string()
}
