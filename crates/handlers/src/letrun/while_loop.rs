//! `while`: whether there is another round.
//!
//! It is asked before each round, and given its number as `round`, from 1. A loop of mode `doWhile` tests nothing
//! before its first.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional, required};
use super::script::{self, Script};
use super::values::is_truthy;
use super::{Done, Failed};
use crate::Language;

pub(super) const SCHEMA: [Field; 4] = [
    required("expression", Kind::Text),
    optional("mode", Kind::OneOf(&["doWhile", "whileDo"])),
    optional("language", Kind::Text),
    optional("evaluatorType", Kind::Text),
];

pub(super) async fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let parameters = Parameters::read(call, &SCHEMA)?;
    let iteration = iteration(call);
    let is_free = iteration == 0 && parameters.text("mode") != Some("whileDo");
    let more = is_free || test(call, &parameters, iteration).await?;
    Ok(Done::result(json!({"iteration": iteration})).with("more", more.into()))
}

/// Rounds that are done.
fn iteration(call: &Call<'_>) -> u64 {
    let number = |name| call.field(name).and_then(Value::as_u64);
    number("round").map(|round| round.saturating_sub(1)).or_else(|| number("iteration")).unwrap_or(0)
}

async fn test(call: &Call<'_>, parameters: &Parameters, iteration: u64) -> Result<bool, Failed> {
    let language = script::named_language(parameters)?.unwrap_or(Language::JavaScript);
    let source = parameters.text("expression").unwrap_or_default();
    let names = script::names(call, &json!({"iteration": iteration}), Map::new())?;
    let value = script::evaluate(call, Script { language, source, names }).await?;
    Ok(value.is_some_and(|value| is_truthy(&value)))
}
