//! A plan with a fragment spliced in: what a dynamic construct adds to the plan of one execution. Indexes of the
//! nodes that were there stay what they were.

use std::sync::Arc;

use super::{DoWhile, ForEach, Graph, Kind, Node, NodeIndex, Parent, Plan, Switch, TryCatch};

impl Plan {
    /// Adds the branches of a dynamic fork. The fragment is the fork as it would have been written: a FORK_JOIN and
    /// its JOIN, whose places the fork `at` and the JOIN behind it keep.
    pub(crate) fn with_branches(&self, at: NodeIndex, fragment: &Plan) -> Self {
        let last = fragment.nodes.len().saturating_sub(1);
        let (base, join) = (self.len(), NodeIndex(at.0 + 1));
        let map = |index: NodeIndex| match index.0 as usize {
            0 => at,
            place if place == last => join,
            place => place_at(base + place - 1),
        };
        let firsts = match fragment.nodes.first().map(|shell| &shell.kind) {
            Some(Kind::Fork { branches }) => branches.as_slice(),
            _ => &[],
        };
        let added = (1..last).map(|place| {
            let mut node = self.adopted(at, &fragment.nodes[place], &map);
            node.fed_by = firsts.contains(&Some(place_at(place))).then_some(at);
            node
        });
        self.extended(added.collect())
    }

    /// Adds the node that runs in place of the DYNAMIC node `at`.
    pub(crate) fn with_stand_in(&self, at: NodeIndex, fragment: &Plan) -> Self {
        let base = self.len();
        let map = |index: NodeIndex| place_at(base + index.0 as usize);
        let mut added: Vec<Node> = fragment.nodes.iter().map(|node| self.adopted(at, node, &map)).collect();
        if let Some(first) = added.first_mut() {
            let original = self.node(at);
            first.parent = original.parent;
            first.next = original.next;
            first.joins.clone_from(&original.joins);
            first.dependencies.clone_from(&original.dependencies);
            first.dependants.clone_from(&original.dependants);
            first.stands_for = Some(at);
        }
        self.extended(added)
    }

    /// A fragment's node as a node of this plan, inside the loops that are around `at`.
    fn adopted(&self, at: NodeIndex, node: &Node, map: &dyn Fn(NodeIndex) -> NodeIndex) -> Node {
        let mut node = node.clone();
        let around = self.node(at);
        let all = |indexes: &[NodeIndex]| indexes.iter().map(|index| map(*index)).collect();
        node.next = node.next.map(map);
        node.joins = all(&node.joins);
        node.enclosing_loop = node.enclosing_loop.map(map).or(around.enclosing_loop);
        if node.enclosing_scope.is_none() {
            node.section = around.section;
        }
        node.enclosing_scope = node.enclosing_scope.map(map).or(around.enclosing_scope);
        node.dependencies = all(&node.dependencies);
        node.dependants = all(&node.dependants);
        node.depth += around.depth;
        node.parent = match node.parent {
            Parent::Root => around.parent,
            Parent::Branch(fork) => Parent::Branch(map(fork)),
            Parent::Case(switch) => Parent::Case(map(switch)),
            Parent::Body(around) => Parent::Body(map(around)),
            Parent::Section(around, section) => Parent::Section(map(around), section),
            Parent::Step(graph) => Parent::Step(map(graph)),
        };
        node.kind = match node.kind {
            Kind::Fork { branches } => {
                Kind::Fork { branches: branches.into_iter().map(|first| first.map(map)).collect() }
            }
            Kind::Join { on, fork } => Kind::Join { on: all(&on), fork: fork.map(map) },
            Kind::ExclusiveJoin { on } => Kind::ExclusiveJoin { on: all(&on) },
            Kind::DynamicFork { join } => Kind::DynamicFork { join: map(join) },
            Kind::Switch(switch) => Kind::Switch(Box::new(Switch {
                cases: switch.cases.iter().map(|(case, first)| (case.clone(), first.map(map))).collect(),
                default: switch.default.map(map),
                ..*switch
            })),
            Kind::DoWhile(each) => Kind::DoWhile(Box::new(DoWhile { body: each.body.map(map), ..*each })),
            Kind::ForEach(each) => Kind::ForEach(Box::new(ForEach { body: each.body.map(map), ..*each })),
            Kind::TryCatch(tried) => Kind::TryCatch(Box::new(TryCatch {
                body: tried.body.map(map),
                catch: tried.catch.map(map),
                finally: tried.finally.map(map),
            })),
            Kind::Graph(graph) => Kind::Graph(Box::new(Graph {
                steps: all(&graph.steps),
                roots: graph.roots.iter().map(|root| root.map(map)).collect(),
            })),
            other => other,
        };
        node
    }

    fn extended(&self, added: Vec<Node>) -> Self {
        let mut nodes = self.nodes.clone();
        let mut by_reference = self.by_reference.clone();
        for node in added {
            by_reference.entry(node.reference.clone()).or_insert_with(|| place_at(nodes.len()));
            nodes.push(Arc::new(node));
        }
        Self {
            hash: self.hash,
            body: self.body.clone(),
            definition: self.definition.clone(),
            name: self.name.clone(),
            first: self.first,
            output: self.output.clone(),
            failure_workflow: self.failure_workflow.clone(),
            nodes,
            by_reference,
        }
    }
}

fn place_at(place: usize) -> NodeIndex {
    NodeIndex(u32::try_from(place).unwrap_or(u32::MAX))
}
