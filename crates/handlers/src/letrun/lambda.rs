//! `lambda`: the value of a script that sees nothing but its `input`.

use std::path::Path;

use serde_json::Map;

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional};
use super::script::{self, Script};
use super::{Done, Failed, access};
use crate::Language;

pub(super) const SCHEMA: [Field; 5] = [
    optional("expression", Kind::Text),
    optional("file", Kind::Text),
    optional("input", Kind::Any),
    optional("language", Kind::Text),
    optional("evaluatorType", Kind::Text),
];

pub(super) async fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let mut parameters = Parameters::read(call, &SCHEMA)?;
    let input = parameters.take("input");
    let named = script::named_language(&parameters)?;
    let (source, language) = match (parameters.text("expression"), parameters.text("file")) {
        (Some(expression), None) => (expression.to_owned(), named.unwrap_or(Language::JavaScript)),
        (None, Some(file)) => (read(call, file).await?, named.map_or_else(|| of_extension(file), Ok)?),
        _ => return Err(call.invalid("exactly one of \"expression\" and \"file\" is required")),
    };
    let names = input.map(|input| ("input".to_owned(), input));
    let script = Script { language, source: &source, names: Map::from_iter(names) };
    script::evaluate(call, script).await.map(Done::result)
}

async fn read(call: &Call<'_>, file: &str) -> Result<String, Failed> {
    let path = access::path(call, file)?;
    let text = tokio::fs::read_to_string(&path).await;
    text.map_err(|error| Failed::error(format!("the script {file} cannot be read: {error}")))
}

fn of_extension(file: &str) -> Result<Language, Failed> {
    match Path::new(file).extension().and_then(|extension| extension.to_str()) {
        None | Some("js" | "cjs" | "mjs") => Ok(Language::JavaScript),
        Some("py") => Ok(Language::Python),
        Some(other) => script::language(other),
    }
}
