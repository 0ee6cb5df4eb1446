//! `write-file`: a text into a file, anything else as indented JSON.

use serde_json::Value;
use tokio::io::AsyncWriteExt;

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional, required};
use super::{Done, Failed, access};

pub(super) const SCHEMA: [Field; 3] =
    [required("path", Kind::Text), required("content", Kind::Any), optional("append", Kind::Boolean)];

pub(super) async fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let mut parameters = Parameters::read(call, &SCHEMA)?;
    let content = match parameters.take("content").unwrap_or_default() {
        Value::String(text) => text,
        other => serde_json::to_string_pretty(&other).unwrap_or_default(),
    };
    let path = parameters.text("path").unwrap_or_default();
    let target = access::path(call, path)?;
    let unwritable = |error: std::io::Error| Failed::error(format!("{path} cannot be written: {error}"));
    let mut options = tokio::fs::OpenOptions::new();
    let options = match parameters.is_true("append") {
        true => options.append(true),
        false => options.write(true).truncate(true),
    };
    let mut file = options.create(true).open(target).await.map_err(unwritable)?;
    file.write_all(content.as_bytes()).await.map_err(unwritable)?;
    file.flush().await.map_err(unwritable)?;
    Ok(Done::result(None))
}
