//! `for`: the rounds of a counted loop. A negative step counts down.

use serde_json::{Value, json};

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional, required};
use super::{Done, Failed, ROUNDS_MAX, rounds, too_many_rounds};

pub(super) const SCHEMA: [Field; 3] =
    [required("from", Kind::Number), required("to", Kind::Number), optional("step", Kind::Number)];

pub(super) fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let parameters = Parameters::read(call, &SCHEMA)?;
    let number = |name, default| parameters.number(name).unwrap_or(default);
    let (from, to, step) = (number("from", 0.0), number("to", 0.0), number("step", 1.0));
    if step == 0.0 {
        return Err(call.invalid("\"step\" must not be 0: the loop would never end"));
    }
    let count = count(from, to, step).ok_or_else(|| too_many_rounds(call))?;
    let state = |iteration: usize| {
        json!({
            "index": plain(from + step * iteration as f64),
            "iteration": iteration,
            "from": plain(from),
            "to": plain(to),
            "step": plain(step),
        })
    };
    Ok(rounds((0..count).map(state).collect(), state(count)))
}

/// Rounds until the index has passed the end; nothing where they are too many.
fn count(from: f64, to: f64, step: f64) -> Option<usize> {
    // What sums of fractions lose must not cost a round: from 0 to 0.3 by 0.1 are four.
    let steps = (to - from) / step;
    let steps = if (steps - steps.round()).abs() < 1e-9 { steps.round() } else { steps.floor() };
    match steps {
        steps if steps < 0.0 => Some(0),
        steps if steps < ROUNDS_MAX as f64 => Some(steps as usize + 1),
        _ => None,
    }
}

/// Whole numbers without a fraction.
fn plain(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 { (number as i64).into() } else { number.into() }
}
