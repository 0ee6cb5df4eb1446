//! Effect classes: what it means to do a task once more.

use serde::Serialize;
use serde_json::Value;

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
    /// What the engine does itself is pure; what leaves the execution happens at least once. A child stands for all that it does,
    /// a call for what its method promises, if that is not computed.
    pub fn effect_class(&self) -> EffectClass {
        match &self.kind {
            Kind::Worker
            | Kind::Unknown
            | Kind::SubWorkflow(_)
            | Kind::StartWorkflow
            | Kind::Event { .. } => EffectClass::AtLeastOnce,
            Kind::Builtin(name) if &**name == "GET_WORKFLOW" => EffectClass::Pure,
            Kind::Builtin(name) if &**name == "HTTP" => {
                let nested = self.input.literal(&["http_request", "method"]);
                of_method(nested.or_else(|| self.input.literal(&["method"])))
            }
            Kind::Builtin(_) => EffectClass::AtLeastOnce,
            _ => EffectClass::Pure,
        }
    }
}

/// As RFC 9110 §9.2 has it.
fn of_method(method: Option<&Value>) -> EffectClass {
    match method.and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase().as_str() {
        "GET" | "HEAD" | "OPTIONS" => EffectClass::Pure,
        "PUT" | "DELETE" => EffectClass::Idempotent,
        _ => EffectClass::AtLeastOnce,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::EffectClass::{AtLeastOnce, Idempotent, Pure};
    use crate::plan::compile;

    #[test]
    fn a_repetition_means_what_the_task_does() {
        for (type_, input, expected) in [
            ("SIMPLE", json!({}), AtLeastOnce),
            ("SET_VARIABLE", json!({}), Pure),
            ("GET_WORKFLOW", json!({"id": "${workflow.input.id}"}), Pure),
            ("TERMINATE_WORKFLOW", json!({"workflowId": "${workflow.input.id}"}), AtLeastOnce),
            ("HTTP", json!({"uri": "http://a", "method": "GET"}), Pure),
            ("HTTP", json!({"http_request": {"uri": "${workflow.input.a}", "method": "put"}}), Idempotent),
            ("HTTP", json!({"http_request": {"uri": "http://a", "method": "POST"}}), AtLeastOnce),
            ("HTTP", json!({"uri": "http://a", "method": "${workflow.input.m}"}), AtLeastOnce),
        ] {
            let task =
                json!({"name": "t", "taskReferenceName": "t", "type": type_, "inputParameters": input});
            let definition =
                serde_json::from_value(json!({"name": "w", "tasks": [task]})).expect("a definition");
            let plan = compile(definition).expect("a plan");
            let (_, node) = plan.nodes().next().expect("a node");
            assert_eq!(node.effect_class(), expected, "{type_} {input}");
        }
    }
}
