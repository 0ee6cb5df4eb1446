//! Identifiers.
//!
//! An execution id is a UUID whose low 32 bits are zero; the id of its n-th task attempt is the same UUID
//! with those 32 bits set to n. Both read as ordinary UUIDs on the wire, and an attempt id alone leads to its
//! execution without an index.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const ORDINAL_MASK: u128 = 0xffff_ffff;

/// Names one execution (Conductor: `workflowId`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Uuid", into = "Uuid")]
pub struct ExecutionId(u128);

/// Names one attempt of a task (Conductor: `taskId`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Uuid", into = "Uuid")]
pub struct TaskId(u128);

/// A text that is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {expected}")]
pub struct InvalidId {
    /// The offending text.
    pub text: String,
    /// What was expected in its place.
    pub expected: &'static str,
}

impl ExecutionId {
    /// A time-ordered id: 48 bits of Unix milliseconds, then 42 bits of `entropy`.
    ///
    /// Two nodes that draw the same id are told apart by the store: the second first append conflicts.
    pub fn new(unix_ms: i64, entropy: u64) -> Self {
        let time = (unix_ms.max(0) as u128 & 0xffff_ffff_ffff) << 80;
        let version = 0x7u128 << 76;
        let random_a = (entropy as u128 & 0xfff) << 64;
        let variant = 0b10u128 << 62;
        let random_b = ((entropy >> 12) as u128 & 0x3fff_ffff) << 32;
        Self(time | version | random_a | variant | random_b)
    }

    /// The id of the execution that a parent's attempt starts: always the same for the same attempt, so that
    /// a start cannot happen twice.
    pub fn derived(parent: TaskId, purpose: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(parent.0.to_be_bytes());
        hash.update(purpose.as_bytes());
        let digest = hash.finalize();
        let mut bytes = [0u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        let raw = u128::from_be_bytes(bytes);
        let stamped = (raw & !(0xfu128 << 76) & !(0b11u128 << 62)) | (0x8u128 << 76) | (0b10u128 << 62);
        Self(stamped & !ORDINAL_MASK)
    }

    /// The id of this execution's attempt number `ordinal` (1 is the first).
    pub fn task(self, ordinal: u32) -> TaskId {
        TaskId(self.0 | u128::from(ordinal))
    }

    /// The 16 bytes, big-endian, as stored.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Reads the stored form.
    pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, InvalidId> {
        Self::try_from(Uuid::from_bytes(bytes))
    }

    /// A well-mixed number for choosing a partition.
    pub fn spread(self) -> u64 {
        let mixed = (self.0 >> 32) as u64 ^ (self.0 >> 64) as u64;
        mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17)
    }

    /// The same id as a UUID.
    pub fn uuid(self) -> Uuid {
        Uuid::from_u128(self.0)
    }
}

impl TaskId {
    /// No id is lower.
    pub const MIN: Self = Self(1);

    /// The execution that this attempt belongs to.
    pub fn execution(self) -> ExecutionId {
        ExecutionId(self.0 & !ORDINAL_MASK)
    }

    /// Which attempt of the execution this is; 1 is the first scheduled.
    pub fn ordinal(self) -> u32 {
        (self.0 & ORDINAL_MASK) as u32
    }

    /// The same id as a UUID.
    pub fn uuid(self) -> Uuid {
        Uuid::from_u128(self.0)
    }
}

impl TryFrom<Uuid> for ExecutionId {
    type Error = InvalidId;
    fn try_from(uuid: Uuid) -> Result<Self, InvalidId> {
        let raw = uuid.as_u128();
        if raw & ORDINAL_MASK == 0 {
            Ok(Self(raw))
        } else {
            Err(InvalidId { text: uuid.to_string(), expected: "an execution id" })
        }
    }
}

impl TryFrom<Uuid> for TaskId {
    type Error = InvalidId;
    fn try_from(uuid: Uuid) -> Result<Self, InvalidId> {
        let raw = uuid.as_u128();
        if raw & ORDINAL_MASK != 0 {
            Ok(Self(raw))
        } else {
            Err(InvalidId { text: uuid.to_string(), expected: "a task id" })
        }
    }
}

macro_rules! text_form {
    ($type:ident, $what:literal) => {
        impl From<$type> for Uuid {
            fn from(id: $type) -> Uuid {
                id.uuid()
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.uuid().fmt(f)
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.uuid().fmt(f)
            }
        }
        impl FromStr for $type {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text)
                    .ok()
                    .and_then(|uuid| Self::try_from(uuid).ok())
                    .ok_or_else(|| InvalidId { text: text.to_owned(), expected: $what })
            }
        }
    };
}
text_form!(ExecutionId, "an execution id");
text_form!(TaskId, "a task id");

/// The SHA-256 of a blueprint's canonical JSON, by which executions pin it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlueprintHash([u8; 32]);

impl BlueprintHash {
    /// Hashes the canonical JSON of a blueprint.
    pub fn of(canonical_json: &[u8]) -> Self {
        Self(Sha256::digest(canonical_json).into())
    }
}

impl fmt::Display for BlueprintHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlueprintHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for BlueprintHash {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId { text: text.to_owned(), expected: "64 hexadecimal digits" };
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(invalid());
        }
        let mut bytes = [0u8; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| invalid())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for BlueprintHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlueprintHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_id_leads_to_its_execution() {
        let execution = ExecutionId::new(1_700_000_000_123, 0xdead_beef_cafe_f00d);
        let task = execution.task(7);
        assert_eq!((task.execution(), task.ordinal()), (execution, 7));
        assert_eq!(execution.uuid().get_version_num(), 7);
        assert_eq!(task.to_string().parse(), Ok(task));
        assert_eq!(execution.to_string().parse(), Ok(execution));
        assert!(task.to_string().parse::<ExecutionId>().is_err());
        assert!(execution.to_string().parse::<TaskId>().is_err());
        assert_eq!(ExecutionId::from_bytes(execution.to_bytes()), Ok(execution));
    }

    #[test]
    fn a_child_id_depends_on_the_attempt_alone() {
        let parent = ExecutionId::new(1, 2);
        let child = ExecutionId::derived(parent.task(1), "child");
        assert_eq!(child, ExecutionId::derived(parent.task(1), "child"));
        assert_ne!(child, ExecutionId::derived(parent.task(2), "child"));
        assert_ne!(child, ExecutionId::derived(parent.task(1), "failure workflow"));
    }
}
