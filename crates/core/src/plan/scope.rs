//! Scopes: nodes that are open as long as something in them is. Loops give what lies in them a frame of its own; a
//! TRY_CATCH and a GRAPH do not.

use super::{NodeIndex, Parent, Plan};
use crate::event::Section;
use crate::expression::Template;

/// The fields of a FOR_EACH.
#[derive(Debug, Clone)]
pub struct ForEach {
    /// First node of the body.
    pub body: Option<NodeIndex>,
    /// The list, or object, to go through; none where it comes with the input.
    pub items: Option<Template>,
    /// Most iterations at once.
    pub concurrency: u32,
}

/// The fields of a TRY_CATCH: the first node of each part.
#[derive(Debug, Clone)]
pub struct TryCatch {
    /// What may fail.
    pub body: Option<NodeIndex>,
    /// What to do then; without it nothing is caught.
    pub catch: Option<NodeIndex>,
    /// What to do in any case.
    pub finally: Option<NodeIndex>,
}

impl TryCatch {
    /// The first node of a part.
    pub(crate) fn first_of(&self, section: Section) -> Option<NodeIndex> {
        match section {
            Section::Try => self.body,
            Section::Catch => self.catch,
            Section::Finally => self.finally,
        }
    }
}

/// The fields of a GRAPH.
#[derive(Debug, Clone)]
pub struct Graph {
    /// The steps, in the order of the text.
    pub steps: Vec<NodeIndex>,
    /// Those that wait for no other.
    pub roots: Vec<Option<NodeIndex>>,
}

impl Plan {
    /// The scopes around a node, the innermost first.
    pub fn scopes_around(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> {
        std::iter::successors(self.node(node).enclosing_scope, |at| self.node(*at).enclosing_scope)
    }

    /// Whether a node lies in a scope, and in which part of it if that is a TRY_CATCH.
    pub(crate) fn place_in(&self, node: NodeIndex, scope: NodeIndex) -> Option<Option<Section>> {
        let mut at = node;
        while self.node(at).enclosing_scope? != scope {
            at = self.node(at).enclosing_scope?;
        }
        Some(self.node(at).section)
    }

    /// The step of a GRAPH that a node of the same frame is, or belongs to as part of a case.
    pub(crate) fn step_around(&self, node: NodeIndex) -> Option<NodeIndex> {
        let mut at = node;
        loop {
            match self.node(at).parent {
                Parent::Case(switch) => at = switch,
                Parent::Step(_) => return Some(self.node(at).stands_for.unwrap_or(at)),
                _ => return None,
            }
        }
    }

    /// The nodes of a sequence.
    pub(crate) fn sequence(&self, first: Option<NodeIndex>) -> impl Iterator<Item = NodeIndex> {
        std::iter::successors(first, |at| self.node(*at).next)
    }
}
