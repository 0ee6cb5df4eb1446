//! Plans: definitions made ready to run. References are indexed, expressions parsed, successors resolved;
//! an execution pins its plan by the hash of the blueprint that it was compiled from.

mod blueprint;
mod compile;
mod downstream;
mod dynamic;
mod effect;
mod kind;
mod retry;
mod scope;
mod script;
mod splice;
mod wait;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::definition::{TaskDef, WorkflowDef, WorkflowTask};
use crate::event::Section;
use crate::expression::Template;
use crate::id::BlueprintHash;
use crate::json::Json;
use crate::table::HashMap;

pub use blueprint::blueprint;
pub use compile::compile;
pub use downstream::Downstream;
pub(crate) use dynamic::{branch_inputs, branch_tasks, chosen_task};
pub use effect::EffectClass;
pub use kind::{BUILTIN_TYPES, Child, ChildDefinition, Dialect, DoWhile, Kind, Switch};
pub use retry::retry_delay_ms;
pub use scope::{ForEach, Graph, TryCatch};
pub use script::{Evaluation, Form, Formula, Language, Script};
pub use wait::{parse_duration_ms, parse_until};

/// A node's place in its plan. Never stored: the journal names nodes by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeIndex(pub u32);

/// A compiled definition.
#[derive(Debug)]
pub struct Plan {
    /// Of the blueprint's canonical JSON.
    pub hash: BlueprintHash,
    /// The blueprint's canonical JSON.
    pub body: Json,
    /// The definition, with the task definitions that it ran with.
    pub definition: Arc<WorkflowDef>,
    /// Name of the definition.
    pub name: Arc<str>,
    /// Where execution begins; `None` only for an empty definition, which intake refuses.
    pub first: Option<NodeIndex>,
    /// Expressions of the workflow's output; `None` if it has none of its own.
    pub output: Option<Template>,
    /// Expression of the failure workflow's name.
    pub failure_workflow: Option<Template>,
    nodes: Vec<Arc<Node>>,
    by_reference: HashMap<Arc<str>, NodeIndex>,
}

/// One node.
#[derive(Debug, Clone)]
pub struct Node {
    /// Unique in the definition.
    pub reference: Arc<str>,
    /// Name of the task definition.
    pub name: Arc<str>,
    /// What it does.
    pub kind: Kind,
    /// Where it lies.
    pub parent: Parent,
    /// What follows in the same sequence.
    pub next: Option<NodeIndex>,
    /// The innermost loop around it.
    pub enclosing_loop: Option<NodeIndex>,
    /// The innermost scope around it: a loop, a TRY_CATCH or a GRAPH.
    pub enclosing_scope: Option<NodeIndex>,
    /// The part of that scope that it lies in, if it is a TRY_CATCH.
    pub section: Option<Section>,
    /// In a GRAPH: the steps that it waits for.
    pub dependencies: Vec<NodeIndex>,
    /// In a GRAPH: the steps that wait for it.
    pub dependants: Vec<NodeIndex>,
    /// How many loops are around it.
    pub depth: usize,
    /// Expressions of the input.
    pub input: Template,
    /// They may refer to secrets.
    pub may_hold_secrets: bool,
    /// Defaults of the input, put where a key is absent or came out null.
    pub input_defaults: Map<String, Value>,
    /// Retry and timeout rules; none for what the engine does itself and nobody configured.
    pub task_def: Option<Arc<TaskDef>>,
    /// How often a failed attempt is repeated at most.
    pub retry_max: u32,
    /// The JOINs that wait for it.
    pub joins: Vec<NodeIndex>,
    /// The DYNAMIC node in whose place it runs.
    pub stands_for: Option<NodeIndex>,
    /// The dynamic fork whose input holds the input of this first node of a branch.
    pub fed_by: Option<NodeIndex>,
    /// The definition's own text of the node, without the nodes inside it.
    pub task: Arc<WorkflowTask>,
    /// The same as JSON.
    pub task_json: Json,
}

/// The construct that a node's sequence belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// The workflow itself.
    Root,
    /// A branch of this fork: at its end a JOIN takes over.
    Branch(NodeIndex),
    /// A case of this switch: at its end the switch's successor follows.
    Case(NodeIndex),
    /// The body of this loop: at its end the iteration may be over.
    Body(NodeIndex),
    /// A part of this TRY_CATCH: at its end the next part may follow.
    Section(NodeIndex, Section),
    /// This GRAPH, as a step of it: at its end those that wait for it may follow.
    Step(NodeIndex),
}

impl Plan {
    /// The node at an index of this plan.
    pub fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[index.0 as usize]
    }

    /// The node with this reference.
    pub fn find(&self, reference: &str) -> Option<NodeIndex> {
        self.by_reference.get(reference).copied()
    }

    /// All nodes in the order of the text.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeIndex, &Node)> {
        (0u32..).map(NodeIndex).zip(self.nodes.iter().map(|node| &**node))
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True without any node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What follows when the node has ended: its successor, or its switch's, and so on outwards. `None` where a
    /// branch, a loop body or the workflow ends.
    pub fn successor(&self, index: NodeIndex) -> Option<NodeIndex> {
        let node = self.node(index);
        match (node.next, node.parent) {
            (Some(next), _) => Some(next),
            (None, Parent::Case(switch)) => self.successor(switch),
            (None, _) => None,
        }
    }
}

impl Node {
    /// The wire name of its type (Conductor: `taskType` of an attempt).
    pub fn task_type(&self) -> &str {
        self.kind.task_type(&self.name)
    }

    /// The flow goes on when its attempts fail for good.
    pub fn tolerates_failure(&self) -> bool {
        self.task.optional || self.task.permissive
    }
}
