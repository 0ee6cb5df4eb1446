//! `iterate`: the rounds of a loop over the items of a list, falsy ones included.

use serde_json::{Value, json};

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, required};
use super::{Done, Failed, ROUNDS_MAX, rounds, too_many_rounds};

pub(super) const SCHEMA: [Field; 1] = [required("items", Kind::List)];

pub(super) fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let mut parameters = Parameters::read(call, &SCHEMA)?;
    let Some(Value::Array(items)) = parameters.take("items") else {
        return Err(call.invalid("\"items\" must be an array"));
    };
    if items.len() > ROUNDS_MAX {
        return Err(too_many_rounds(call));
    }
    let last = json!({"iteration": items.len()});
    let states = items.into_iter().enumerate();
    let states = states.map(|(iteration, item)| json!({"iteration": iteration, "item": item})).collect();
    Ok(rounds(states, last))
}
