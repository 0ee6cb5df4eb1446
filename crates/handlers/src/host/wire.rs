//! What the host and its children say to each other: frames of four length bytes (little endian) and JSON, both ways
//! over one socket that children find as descriptor 3.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::attempt::TaskError;
use super::plugins::Plugin;
use crate::evaluator::frames;

/// No frame is longer.
const FRAME_BYTES_MAX: usize = 1 << 28;

/// To a child.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum ToChild<'a> {
    /// Run an attempt.
    Run { id: u64, attempt: &'a Value },
    /// Call a method of the plugins of a type.
    Call { id: u64, plugin: &'a str, method: &'a str, arguments: &'a [Value] },
    /// Abort what runs under an id.
    Cancel { id: u64, reason: &'a str },
    /// The answer to [`FromChild::Ask`].
    Reply {
        id: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<Value>,
        error: Option<TaskError>,
    },
    /// Unload the plugins, and end.
    Stop,
}

/// From a child.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(super) enum FromChild {
    /// The child is ready, with these plugins.
    Ready { plugins: Vec<Plugin> },
    /// The child cannot work, and why.
    Refused { reason: String },
    /// What came of [`ToChild::Run`] or [`ToChild::Call`].
    Done(Done),
    /// A line of an attempt's log, or of nobody's.
    Log { id: Option<u64>, level: String, message: String },
    /// A question, `of` a run.
    Ask { id: u64, of: Option<u64>, want: Want },
}

/// What came of a run or a call.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Done {
    pub(super) id: u64,
    #[serde(default, deserialize_with = "present")]
    pub(super) result: Option<Value>,
    #[serde(default)]
    pub(super) extra: Map<String, Value>,
    #[serde(default)]
    pub(super) error: Option<TaskError>,
    #[serde(default)]
    pub(super) variables: Map<String, Value>,
    #[serde(default)]
    pub(super) is_final: bool,
}

/// What a child may ask.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(super) enum Want {
    /// Run a system task.
    SystemTask { name: String, input: Value },
    /// Where a handler is.
    Locate { handler: String },
    /// Run a handler that is not JavaScript.
    Run { handler: String, input: Value },
    /// Resolve placeholders.
    Resolve { value: Value },
}

/// Null is a value, and absence is not.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// As much of a message as can be read of any.
#[derive(Debug, Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
    id: Option<u64>,
}

/// Reads a message. An answer that is nested deeper than JSON is read here is one that failed.
pub(super) fn message(payload: &[u8]) -> Result<FromChild, serde_json::Error> {
    serde_json::from_slice(payload).or_else(|error| match serde_json::from_slice(payload) {
        Ok(Head { kind, id: Some(id) }) if kind == "done" => {
            let error = Some(TaskError::new("TypeError", "The output nests deeper than JSON is read here"));
            Ok(FromChild::Done(Done { id, error, ..Done::default() }))
        }
        _ => Err(error),
    })
}

/// A message with its length before it.
pub(super) fn frame(message: &impl Serialize) -> std::io::Result<Vec<u8>> {
    frames::framed(&serde_json::to_vec(message)?)
}

/// The next frame's text.
pub(super) async fn read(input: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 4];
    input.read_exact(&mut head).await?;
    let mut payload = vec![0; frames::length(head, FRAME_BYTES_MAX)?];
    input.read_exact(&mut payload).await?;
    Ok(payload)
}
