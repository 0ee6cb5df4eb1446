//! What lies behind a node: everything that runs only after it, so that it runs again when the node does.

use std::collections::{HashMap, HashSet};

use super::{Kind, NodeIndex, Parent, Plan};

/// The nodes behind one node, at its own level of loops: a loop among them stands for its whole body.
#[derive(Debug, Default)]
pub struct Downstream {
    /// What the flow reaches again.
    pub again: HashSet<NodeIndex>,
    /// JOINs that wait for some of it, and were reached by a fork that stays as it is.
    pub reopened: HashSet<NodeIndex>,
}

impl Plan {
    /// Everything behind a node and inside it, up to the end of the loop body, or of the workflow, that it lies in.
    pub fn downstream(&self, start: NodeIndex) -> Downstream {
        let mut inside: HashMap<NodeIndex, Vec<NodeIndex>> = HashMap::new();
        for (index, node) in self.nodes() {
            if let Parent::Branch(around) | Parent::Case(around) = node.parent {
                inside.entry(around).or_default().push(index);
            }
        }
        let mut found = Downstream::default();
        let mut to_do = vec![start];
        while let Some(node) = to_do.pop() {
            let reached = inside.get(&node).into_iter().flatten().copied().chain(self.successor(node));
            to_do.extend(reached.filter(|next| found.again.insert(*next)));
            let joins = self.node(node).joins.iter().copied();
            to_do.extend(joins.filter(|join| found.reopened.insert(*join)));
        }
        found.reopened.retain(|join| !found.again.contains(join));
        found
    }

    /// The node itself, or the loop around it that lies in so many loops. `None` for a node that lies in fewer.
    pub fn at_depth(&self, node: NodeIndex, depth: usize) -> Option<NodeIndex> {
        let mut at = node;
        while self.node(at).depth > depth {
            at = self.node(at).enclosing_loop?;
        }
        (self.node(at).depth == depth).then_some(at)
    }

    /// The JOIN that holds the branches of a fork together.
    pub fn join_of(&self, fork: NodeIndex) -> Option<NodeIndex> {
        self.node(fork).next.filter(|next| matches!(self.node(*next).kind, Kind::Join { .. }))
    }
}
