//! What lies behind a node: everything that runs only after it, so that it runs again when the node does.

use std::collections::{HashMap, HashSet};

use super::{Kind, NodeIndex, Parent, Plan};

/// The nodes behind one node, at its own level of loops: a loop among them stands for its whole body.
#[derive(Debug, Default)]
pub struct Downstream {
    /// What the flow reaches again.
    pub again: HashSet<NodeIndex>,
    /// What stays and waits again: JOINs that wait for some of it and were reached by a fork that stays as it is, and
    /// each TRY_CATCH and GRAPH around the node.
    pub reopened: HashSet<NodeIndex>,
}

/// A walk through what lies behind.
struct Walk<'a> {
    plan: &'a Plan,
    inside: HashMap<NodeIndex, Vec<NodeIndex>>,
    found: Downstream,
    to_do: Vec<NodeIndex>,
}

impl Plan {
    /// Everything behind a node and inside it, up to the end of the loop body, or of the workflow, that it lies in.
    pub fn downstream(&self, start: NodeIndex) -> Downstream {
        let mut walk = Walk::of(self);
        walk.enter(start);
        walk.pass(start);
        walk.climb(start);
        walk.go();
        let Walk { mut found, .. } = walk;
        found.reopened.retain(|node| !found.again.contains(node));
        found
    }

    /// Everything that the flow may still come to from the places where it is: behind them, inside them, and behind
    /// the loops, JOINs and other scopes that they lie in. The bodies of loops are left out.
    pub(crate) fn ahead(&self, places: impl IntoIterator<Item = NodeIndex>) -> HashSet<NodeIndex> {
        let mut walk = Walk::of(self);
        let mut seen = HashSet::new();
        for place in places {
            let mut level = Some(place);
            while let Some(at) = level.filter(|at| seen.insert(*at)) {
                walk.enter(at);
                walk.pass(at);
                walk.climb(at);
                level = self.node(at).enclosing_loop;
            }
        }
        walk.go();
        walk.found.again
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

    /// A step of a GRAPH and all steps that wait for it.
    pub(crate) fn steps_from(&self, step: NodeIndex) -> HashSet<NodeIndex> {
        let mut found = HashSet::from([step]);
        let mut to_do = vec![step];
        while let Some(at) = to_do.pop() {
            let dependants = self.node(at).dependants.iter().copied();
            to_do.extend(dependants.filter(|dependant| found.insert(*dependant)));
        }
        found
    }
}

impl<'a> Walk<'a> {
    fn of(plan: &'a Plan) -> Self {
        let mut inside: HashMap<NodeIndex, Vec<NodeIndex>> = HashMap::new();
        for (index, node) in plan.nodes() {
            let around = match node.parent {
                Parent::Branch(around) | Parent::Case(around) => around,
                Parent::Section(around, _) | Parent::Step(around) => around,
                Parent::Root | Parent::Body(_) => continue,
            };
            inside.entry(around).or_default().push(index);
        }
        Walk { plan, inside, found: Downstream::default(), to_do: Vec::new() }
    }

    fn reach(&mut self, node: NodeIndex) {
        if self.found.again.insert(node) {
            self.to_do.push(node);
        }
    }

    /// What lies in a node runs again with it.
    fn enter(&mut self, node: NodeIndex) {
        for inner in self.inside.get(&node).cloned().unwrap_or_default() {
            self.reach(inner);
        }
    }

    /// What follows a node in its sequence, waits for it in its graph, or joins it.
    fn pass(&mut self, node: NodeIndex) {
        let plan = self.plan;
        plan.successor(node).into_iter().for_each(|next| self.reach(next));
        let step = plan.node(node).stands_for.unwrap_or(node);
        plan.node(step).dependants.iter().for_each(|dependant| self.reach(*dependant));
        for join in &plan.node(node).joins {
            self.wait_again(*join);
        }
    }

    /// Something stays and waits again; what lies behind it runs again.
    fn wait_again(&mut self, node: NodeIndex) {
        if self.found.reopened.insert(node) {
            self.pass(node);
        }
    }

    /// The scopes around the place at its level wait again; their later parts, and the steps behind the one that the
    /// place lies in, run again.
    fn climb(&mut self, start: NodeIndex) {
        let plan = self.plan;
        let mut at = start;
        loop {
            at = match plan.node(at).parent {
                Parent::Root | Parent::Body(_) => return,
                Parent::Branch(around) | Parent::Case(around) => around,
                Parent::Section(holder, section) => {
                    for inner in self.inside.get(&holder).cloned().unwrap_or_default() {
                        if plan.node(inner).section > Some(section) {
                            self.reach(inner);
                        }
                    }
                    self.wait_again(holder);
                    holder
                }
                Parent::Step(graph) => {
                    let step = plan.node(at).stands_for.unwrap_or(at);
                    plan.node(step).dependants.iter().for_each(|dependant| self.reach(*dependant));
                    self.wait_again(graph);
                    graph
                }
            };
        }
    }

    fn go(&mut self) {
        while let Some(node) = self.to_do.pop() {
            self.enter(node);
            self.pass(node);
        }
    }
}
