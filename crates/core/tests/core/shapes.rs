//! Random well-formed definitions.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::run::node;

/// A node of a definition before it has a name.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Simple {
        retries: u8,
        optional: bool,
        permissive: bool,
    },
    Noop,
    SetVariable,
    Wait {
        seconds: u8,
    },
    Human,
    Terminate,
    Fork(Vec<Vec<Shape>>),
    Loop {
        times: u8,
        body: Vec<Shape>,
    },
    Each {
        items: u8,
        concurrency: u8,
        keep: u8,
        optional: bool,
        body: Vec<Shape>,
    },
    Try {
        optional: bool,
        body: Vec<Shape>,
        catch: Vec<Shape>,
        finally: Vec<Shape>,
    },
    /// Steps; each bit says whether one waits for an earlier one.
    Graph {
        permissive: bool,
        steps: Vec<(Shape, u8)>,
    },
    Switch {
        value: u8,
        cases: Vec<Vec<Shape>>,
    },
    Child {
        retries: u8,
        optional: bool,
        permissive: bool,
        body: Vec<Shape>,
    },
}

/// How much of what can go wrong is in a definition.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Temper {
    /// Every path ends well if all workers succeed.
    Calm,
    /// TERMINATE tasks may be anywhere.
    Wild,
}

pub(crate) fn shapes(temper: Temper) -> impl Strategy<Value = Vec<Shape>> {
    let ends = if temper == Temper::Wild { 1 } else { 0 };
    let leaf = prop_oneof![
        8 => (0..3u8, any::<bool>(), any::<bool>())
            .prop_map(|(retries, optional, permissive)| Shape::Simple { retries, optional: optional && permissive, permissive }),
        1 => Just(Shape::Noop),
        1 => Just(Shape::SetVariable),
        1 => (1..9u8).prop_map(|seconds| Shape::Wait { seconds }),
        1 => Just(Shape::Human),
        ends => Just(Shape::Terminate),
    ];
    let any = leaf.prop_recursive(3, 14, 3, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..3);
        let rest = prop::collection::vec(inner.clone(), 0..2);
        let rarely = || prop::bool::weighted(0.2);
        prop_oneof![
            3 => prop::collection::vec(list.clone(), 1..4).prop_map(Shape::Fork),
            2 => (1..4u8, list.clone()).prop_map(|(times, body)| Shape::Loop { times, body }),
            2 => (0..4u8, 0..4u8, 0..3u8, rarely(), list.clone()).prop_map(|(items, concurrency, keep, optional, body)| {
                Shape::Each { items, concurrency, keep, optional, body }
            }),
            2 => (rarely(), list.clone(), rest.clone(), rest).prop_map(|(optional, body, catch, finally)| {
                Shape::Try { optional, body, catch, finally }
            }),
            2 => (rarely(), prop::collection::vec((inner, any::<u8>()), 1..5))
                .prop_map(|(permissive, steps)| Shape::Graph { permissive, steps }),
            1 => (0..4u8, prop::collection::vec(list.clone(), 1..3))
                .prop_map(|(value, cases)| Shape::Switch { value, cases }),
            1 => (0..2u8, any::<bool>(), any::<bool>(), list).prop_map(|(retries, optional, permissive, body)| {
                Shape::Child { retries, optional: optional && permissive, permissive, body }
            }),
        ]
    });
    prop::collection::vec(any, 1..4)
}

/// The definition of `wf`. `loose_joins` lets JOINs wait for the first task of a branch, wherever it is.
pub(crate) fn definition(shapes: &[Shape], loose_joins: bool) -> Value {
    let mut names = Names { next: 0, loose_joins };
    json!({"name": "wf", "tasks": names.list(shapes)})
}

struct Names {
    next: u32,
    loose_joins: bool,
}

impl Names {
    fn name(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}{}", self.next)
    }

    fn list(&mut self, shapes: &[Shape]) -> Vec<Value> {
        shapes.iter().flat_map(|shape| self.nodes(shape)).collect()
    }

    fn nodes(&mut self, shape: &Shape) -> Vec<Value> {
        let one = match shape {
            Shape::Simple { retries, optional, permissive } => {
                let more = json!({"name": "work", "retryCount": retries, "optional": optional, "permissive": permissive});
                node("SIMPLE", &self.name("s"), more)
            }
            Shape::Noop => node("NOOP", &self.name("n"), json!({})),
            Shape::SetVariable => node("SET_VARIABLE", &self.name("v"), json!({"inputParameters": {"v": 1}})),
            Shape::Wait { seconds } => {
                let duration = format!("{seconds}s");
                node("WAIT", &self.name("w"), json!({"inputParameters": {"duration": duration}}))
            }
            Shape::Human => node("HUMAN", &self.name("h"), json!({})),
            Shape::Terminate => {
                let input = json!({"terminationStatus": "FAILED"});
                node("TERMINATE", &self.name("t"), json!({"inputParameters": input}))
            }
            Shape::Fork(branches) => return self.fork(branches),
            Shape::Loop { times, body } => {
                let name = self.name("l");
                let body = self.list(body);
                let condition = format!("$.{name}['iteration'] < {times}");
                node("DO_WHILE", &name, json!({"loopCondition": condition, "loopOver": body}))
            }
            Shape::Each { items, concurrency, keep, optional, body } => {
                let name = self.name("e");
                let items: Vec<u8> = (0..*items).collect();
                let mut more = json!({"items": items, "optional": optional, "loopOver": self.list(body)});
                if *concurrency > 0 {
                    more["concurrency"] = json!(concurrency);
                }
                // What is dropped depends on the order of ends where several run at once.
                if *keep > 0 && *concurrency <= 1 {
                    more["inputParameters"]["keepLastN"] = json!(keep);
                }
                node("FOR_EACH", &name, more)
            }
            Shape::Try { optional, body, catch, finally } => {
                let name = self.name("y");
                let (body, catch, finally) = (self.list(body), self.list(catch), self.list(finally));
                let more = json!({
                    "optional": optional, "tryTasks": body, "catchTasks": catch, "finallyTasks": finally,
                });
                node("TRY_CATCH", &name, more)
            }
            Shape::Graph { permissive, steps } => {
                let name = self.name("g");
                let mut tasks: Vec<Value> = Vec::new();
                for (shape, waits) in steps {
                    let mut step = match shape {
                        Shape::Fork(_) => {
                            let name = self.name("y");
                            node("TRY_CATCH", &name, json!({"tryTasks": self.nodes(shape)}))
                        }
                        shape => self.nodes(shape).remove(0),
                    };
                    let earlier = tasks.iter().enumerate().filter(|(at, _)| waits & (1 << at) != 0);
                    step["dependsOn"] = earlier.map(|(_, task)| task["taskReferenceName"].clone()).collect();
                    tasks.push(step);
                }
                node("GRAPH", &name, json!({"permissive": permissive, "graphTasks": tasks}))
            }
            Shape::Switch { value, cases } => {
                let mut more = json!({
                    "evaluatorType": "value-param", "expression": "c", "inputParameters": {"c": value},
                    "decisionCases": {"3": []},
                });
                for (i, case) in cases.iter().enumerate() {
                    more["decisionCases"][i.to_string()] = self.list(case).into();
                }
                node("SWITCH", &self.name("c"), more)
            }
            Shape::Child { retries, optional, permissive, body } => {
                let name = self.name("x");
                let tasks = Names { next: 0, loose_joins: self.loose_joins }.list(body);
                let inline = json!({"name": "inner", "tasks": tasks});
                node(
                    "SUB_WORKFLOW",
                    &name,
                    json!({
                        "retryCount": retries, "optional": optional, "permissive": permissive,
                        "subWorkflowParam": {"workflowDefinition": inline},
                    }),
                )
            }
        };
        vec![one]
    }

    fn fork(&mut self, branches: &[Vec<Shape>]) -> Vec<Value> {
        let name = self.name("f");
        let branches: Vec<Vec<Value>> = branches.iter().map(|branch| self.list(branch)).collect();
        let awaited = branches.iter().filter_map(|branch| {
            let task = if self.loose_joins { innermost_first(branch) } else { branch.last() };
            Some(task?["taskReferenceName"].clone())
        });
        let join_on: Vec<Value> = awaited.collect();
        vec![
            node("FORK_JOIN", &name, json!({"forkTasks": branches})),
            node("JOIN", &format!("{name}_join"), json!({"joinOn": join_on})),
        ]
    }
}

/// The first task of a sequence, or of the first case of the switch that is there.
fn innermost_first(tasks: &[Value]) -> Option<&Value> {
    let first = tasks.first()?;
    match first["decisionCases"]["0"].as_array() {
        Some(case) if !case.is_empty() => innermost_first(case),
        _ => Some(first),
    }
}
