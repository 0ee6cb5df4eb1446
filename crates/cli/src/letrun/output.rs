//! A workflow's output, as it is printed and written.

use std::io::Write;
use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};

/// The output of a letrun workflow, which the native form keeps as `result`. Absent if it yields nothing.
pub(crate) fn of(workflow: &Value) -> Option<&Value> {
    workflow.pointer("/output/result").filter(|value| !value.is_null())
}

/// Writes pretty JSON to a file; `""` stands for no output.
pub(crate) fn write(path: &Path, output: &Value) -> Result<()> {
    let output = if output.is_null() { Value::from("") } else { output.clone() };
    std::fs::write(path, pretty(&output)).map_err(|error| Error::io(format!("{}: {error}", path.display())))
}

/// Prints an output: a text as it is, anything else as pretty JSON. `is_bare` leaves out the end of line.
pub(crate) fn print(output: Option<&Value>, is_bare: bool) {
    let Some(output) = output else { return };
    let mut text = output.as_str().map_or_else(|| pretty(output), str::to_owned);
    if !is_bare && !text.ends_with('\n') {
        text.push('\n');
    }
    let mut out = std::io::stdout().lock();
    // Who reads may have gone away.
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
