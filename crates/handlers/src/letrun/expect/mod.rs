//! `expect`: a value held against a matcher of Jest.

mod matchers;
mod report;

use serde_json::Value;

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional, required};
use super::{Done, Failed};
use matchers::{Outcome, Subject};

pub(super) const SCHEMA: [Field; 5] = [
    required("match", Kind::OneOf(&matchers::NAMES)),
    required("object", Kind::Any),
    optional("value", Kind::Any),
    optional("not", Kind::Boolean),
    optional("message", Kind::Text),
];

pub(super) fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let parameters = Parameters::read(call, &SCHEMA)?;
    let subject = Subject {
        matcher: parameters.text("match").unwrap_or_default(),
        received: parameters.get("object").unwrap_or(&Value::Null),
        expected: parameters.get("value"),
        is_not: parameters.is_true("not"),
    };
    let failure = match matchers::apply(&subject) {
        Ok(Outcome { holds, .. }) if holds != subject.is_not => return Ok(Done::result(Value::Bool(true))),
        Ok(outcome) => report::mismatch(&subject, &outcome),
        Err(misuse) => report::misuse(&subject, &misuse),
    };
    let message = parameters.text("message").map_or(failure, str::to_owned);
    Err(Failed::error(message).leaving(Value::Bool(false)))
}
