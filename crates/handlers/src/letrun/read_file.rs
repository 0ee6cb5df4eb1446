//! `read-file`: a file's text, its lines, or its JSON.

use serde_json::Value;
use tokio::io::AsyncReadExt;

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional, required};
use super::{Done, Failed, access};

pub(super) const SCHEMA: [Field; 2] =
    [required("path", Kind::Text), optional("contentType", Kind::OneOf(&["text", "json", "line"]))];
/// It goes into the journal.
const BYTES_MAX: u64 = 16 << 20;

pub(super) async fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let parameters = Parameters::read(call, &SCHEMA)?;
    let path = parameters.text("path").unwrap_or_default();
    let text = read(call, path).await?;
    let content = match parameters.text("contentType") {
        Some("json") => serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| Failed::new("SyntaxError", format!("{path} is not JSON: {error}")))?,
        Some("line") => Value::Array(text.lines().map(Value::from).collect()),
        _ => Value::String(text),
    };
    Ok(Done::result(content))
}

async fn read(call: &Call<'_>, path: &str) -> Result<String, Failed> {
    let unreadable = |error: std::io::Error| Failed::error(format!("{path} cannot be read: {error}"));
    let file = tokio::fs::File::open(access::path(call, path)?).await.map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).await.map_err(unreadable)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Failed::error(format!("{path} is larger than {BYTES_MAX} bytes")));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
