//! Effect classes: what it means to do a task once more.

use serde::Serialize;

use super::{Kind, Node};

/// How often a task's effect may happen, and what a repetition does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectClass {
    /// Nothing outside the execution changes.
    Pure,
    /// A repetition changes nothing more.
    Idempotent,
    /// It may happen more than once.
    AtLeastOnce,
    /// An attempt with unknown outcome is not repeated.
    AtMostOnce,
}

impl Node {
    /// What the engine does itself is pure; what leaves the execution happens at least once. A child stands for all that it does.
    pub fn effect_class(&self) -> EffectClass {
        match self.kind {
            Kind::Worker
            | Kind::Unknown
            | Kind::SubWorkflow(_)
            | Kind::StartWorkflow
            | Kind::Event { .. } => EffectClass::AtLeastOnce,
            _ => EffectClass::Pure,
        }
    }
}
