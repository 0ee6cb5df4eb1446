//! What parent and child say to each other: frames of four length bytes (little endian) and JSON.
//!
//! The child speaks first: [`MAGIC`], then a [`Hello`]. Whatever its output carries before that is not ours (the
//! banner of a test harness) and is skipped. From then on each [`Request`] has one [`Answer`].

use std::borrow::Cow;
use std::io::{self, ErrorKind, Read, Write};

use segue_core::json::Json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Form, Language};

/// The variable that makes a process an evaluator, and says which: a [`Start`] as JSON.
pub(crate) const START_VARIABLE: &str = "SEGUE_EVALUATOR";
/// Where the child's part of its output begins.
pub(crate) const MAGIC: &[u8; 16] = b"\0segue-evaluator";
/// No request is longer.
const FRAME_BYTES_MAX: usize = 1 << 28;
/// Objects and lists of a result nest at most so deep, which leaves room for what is written around it.
pub(crate) const RESULT_LEVELS_MAX: usize = 90;
const MESSAGE_CHARS_MAX: usize = 4_000;

/// What a child is for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    /// Memory that scripts may take, beside what the process has when it is ready.
    pub(crate) memory_bytes: u64,
    /// How long a script may take.
    pub(crate) time_ms: u64,
    /// The Python interpreter to become; without it the child runs JavaScript and jq.
    pub(crate) python: Option<String>,
}

impl Start {
    pub(crate) fn of_environment() -> Self {
        let text = std::env::var(START_VARIABLE).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or(Self { memory_bytes: 128 << 20, time_ms: 4_000, python: None })
    }
}

/// The child's first words.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Hello {
    Ready,
    /// It will not run scripts here, and why.
    Refused(String),
}

/// What is to be done with the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    /// Give its value on an input.
    Evaluate,
    /// See whether it could be run.
    Check,
    /// Run it as a program of its own.
    Run,
}

/// Limits that the child keeps by itself where its interpreter can.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Limits {
    pub(crate) time_ms: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) result_bytes: usize,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) language: Language,
    pub(crate) form: Form,
    #[serde(borrow)]
    pub(crate) source: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) input: &'a RawValue,
    pub(crate) limits: Limits,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Done {
        result: Json,
        /// The process has grown: it should be replaced.
        is_worn: bool,
    },
    Not(Failure),
}

/// How an evaluation fails and leaves its child alive.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failure {
    Failed(String),
    TimedOut,
    OutOfMemory,
}

impl Failure {
    /// An error text of an interpreter, cut to a length that a journal can bear.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS_MAX) {
            message.truncate(end);
            message.push('…');
        }
        Self::Failed(message)
    }

    pub(crate) fn result_too_large(bytes_max: usize) -> Self {
        Self::Failed(format!("the result is larger than {bytes_max} bytes"))
    }

    pub(crate) fn result_too_deep() -> Self {
        Self::Failed(format!("the result nests deeper than {RESULT_LEVELS_MAX} levels"))
    }
}

/// A result as JSON text, held against the bounds on results.
pub(crate) fn bounded(text: String, bytes_max: usize) -> Result<Json, Failure> {
    if text.len() > bytes_max {
        return Err(Failure::result_too_large(bytes_max));
    }
    let json =
        Json::parse(text).map_err(|error| Failure::failed(format!("the result is not JSON: {error}")))?;
    if json.nests_deeper_than(RESULT_LEVELS_MAX) {
        return Err(Failure::result_too_deep());
    }
    Ok(json)
}

/// A payload with its length before it.
pub(crate) fn framed(payload: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(payload.len()).map_err(|_| too_long(payload.len()))?;
    let mut frame = Vec::with_capacity(payload.len() + 4);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(payload);
    Ok(frame)
}

/// The length that a frame's head announces, unless it is too long to be ours.
pub(crate) fn length(head: [u8; 4], bytes_max: usize) -> io::Result<usize> {
    let length = u32::from_le_bytes(head) as usize;
    if length > bytes_max { Err(too_long(length)) } else { Ok(length) }
}

fn too_long(length: usize) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("a frame of {length} bytes is too long"))
}

pub(super) fn greet(output: &mut impl Write, hello: &Hello) -> io::Result<()> {
    output.write_all(MAGIC)?;
    write(output, &serde_json::to_vec(hello)?)
}

pub(super) fn write(output: &mut impl Write, payload: &[u8]) -> io::Result<()> {
    output.write_all(&framed(payload)?)?;
    output.flush()
}

/// The next frame, or nothing when the other side has closed the pipe.
pub(super) fn read(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; 4];
    match input.read_exact(&mut head) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut payload = vec![0; length(head, FRAME_BYTES_MAX)?];
    input.read_exact(&mut payload)?;
    Ok(Some(payload))
}
