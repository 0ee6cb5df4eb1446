//! `switch`: which case. The definition takes it from there.
//!
//! Beside its parameters it is given the names of its `cases` and `hasDefault`, so that a value without a case fails
//! here, where it can be named.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional, required};
use super::script::{self, Script};
use super::values::to_text;
use super::{Done, Failed};

pub(super) const SCHEMA: [Field; 3] = [
    required("expression", Kind::Text),
    optional("language", Kind::Text),
    optional("evaluatorType", Kind::Text),
];

pub(super) async fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let parameters = Parameters::read(call, &SCHEMA)?;
    let expression = parameters.text("expression").unwrap_or_default();
    let case = match script::named_language(&parameters)? {
        None => expression.trim().to_owned(),
        Some(language) => {
            let names = script::names(call, &json!({}), Map::new())?;
            let value = script::evaluate(call, Script { language, source: expression, names }).await?;
            value.map_or_else(|| "undefined".to_owned(), |value| to_text(&value))
        }
    };
    let cases = call.field("cases").and_then(Value::as_array);
    let is_known = cases.is_none_or(|cases| cases.iter().any(|known| known.as_str() == Some(&case)));
    if is_known || call.field("hasDefault") == Some(&Value::Bool(true)) {
        return Ok(Done::result(Value::String(case)));
    }
    Err(Failed::illegal(format!("No case found for target {case}, the default case is missing")))
}
