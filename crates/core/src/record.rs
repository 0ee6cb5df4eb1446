//! A record is one row of the journal: everything that one command did to one execution.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::event::{Event, ExecutionStarted};
use crate::id::{ExecutionId, TaskId};
use crate::json::Json;
use crate::status::ExecutionStatus;
use crate::time::Timestamp;

/// The format that this build writes. A reader meets every format up to its own; see [`Record::decode`].
pub const FORMAT: u16 = 1;

/// One row of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When it was decided, on the store's clock.
    pub at: Timestamp,
    /// What happened, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// What other executions are told. The i-th is identified by (this execution, this seq, i).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
    /// Messages that this record is the answer to; they are deleted with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applied: Vec<MessageId>,
    /// When the execution must be looked at next, whatever else happens; absent: no timer is running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<Timestamp>,
}

/// Names a message for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageId {
    /// The execution that sent it.
    pub sender: ExecutionId,
    /// The record that carried it.
    pub seq: u64,
    /// Its place in that record.
    pub index: u32,
}

/// What one execution tells another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The receiver. It need not exist yet: a start creates it.
    pub to: ExecutionId,
    /// The content.
    pub body: MessageBody,
}

/// The content of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MessageBody {
    /// Begin to exist.
    Start(Box<ExecutionStarted>),
    /// A child of the receiver is over.
    ChildEnded {
        /// The receiver's attempt that started it.
        task: TaskId,
        /// How it ended.
        status: ExecutionStatus,
        /// What it yielded.
        #[serde(default, skip_serializing_if = "Json::is_empty_object")]
        output: Json,
        /// Why, where there is something to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Arc<str>>,
    },
    /// Stop.
    Terminate {
        /// Why.
        reason: Arc<str>,
    },
    /// A child of the receiver runs again, so the receiver waits for it again.
    ChildRevived {
        /// The receiver's attempt that started it.
        task: TaskId,
        /// Whether what the receiver did behind the child's earlier end is to be done again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        rewinds: bool,
    },
}

/// A journal row that this build cannot read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer release.
    #[error("record format {found} is newer than this release understands ({FORMAT})")]
    Newer {
        /// The row's format.
        found: u16,
    },
    /// Not what the format says.
    #[error("damaged record: {0}")]
    Damaged(#[from] serde_json::Error),
}

impl Record {
    /// The stored form, in [`FORMAT`].
    pub fn encode(&self) -> Vec<u8> {
        // Keys are strings and numbers finite throughout, so this cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a stored row of any format up to [`FORMAT`]. Upcasters of older formats go here, oldest first.
    pub fn decode(format: u16, body: &[u8]) -> Result<Self, DecodeError> {
        if format > FORMAT {
            return Err(DecodeError::Newer { found: format });
        }
        Ok(serde_json::from_slice(body)?)
    }
}
