//! What the steps of a GRAPH may say of each other.

use std::collections::{HashMap, VecDeque};

use super::WorkflowTask;

/// Types that come in pairs or wait for others, so that one step cannot hold them.
const PAIRED: &[&str] = &["FORK_JOIN", "FORK_JOIN_DYNAMIC", "JOIN", "EXCLUSIVE_JOIN"];

/// What keeps the steps from running as a graph, each with the position of the step to blame.
pub(crate) fn graph_problems(steps: &[WorkflowTask]) -> Vec<(usize, String)> {
    let names = steps.iter().enumerate();
    let names: HashMap<&str, usize> =
        names.map(|(at, step)| (step.task_reference_name.as_str(), at)).collect();
    let mut found = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let reference = &step.task_reference_name;
        if PAIRED.contains(&step.type_.as_str()) {
            let type_ = &step.type_;
            found.push((at, format!("{type_} {reference} cannot be a step of a GRAPH; put it into a sequence, such as the tryTasks of a TRY_CATCH")));
        }
        for on in &step.depends_on {
            if on == reference {
                found.push((at, format!("step {reference} depends on itself")));
            } else if !names.contains_key(on.as_str()) {
                found.push((
                    at,
                    format!("step {reference} depends on {on}, which is not a step of the same GRAPH"),
                ));
            }
        }
    }
    if found.is_empty()
        && let Some(cycle) = cycle(steps, &names)
    {
        let path: Vec<&str> = cycle.iter().map(|at| steps[*at].task_reference_name.as_str()).collect();
        found.push((cycle[0], format!("steps depend on each other in a circle: {}", path.join(" -> "))));
    }
    found
}

/// Steps that wait for each other, the first again at the end.
fn cycle(steps: &[WorkflowTask], names: &HashMap<&str, usize>) -> Option<Vec<usize>> {
    let on = |at: usize| steps[at].depends_on.iter().filter_map(|name| names.get(name.as_str()).copied());
    let mut waits: Vec<usize> = (0..steps.len()).map(|at| on(at).count()).collect();
    let mut dependants = vec![Vec::new(); steps.len()];
    (0..steps.len()).for_each(|at| on(at).for_each(|other| dependants[other].push(at)));
    let mut free: VecDeque<usize> = (0..steps.len()).filter(|at| waits[*at] == 0).collect();
    while let Some(at) = free.pop_front() {
        for dependant in &dependants[at] {
            waits[*dependant] -= 1;
            if waits[*dependant] == 0 {
                free.push_back(*dependant);
            }
        }
    }
    let mut path = vec![(0..steps.len()).find(|at| waits[*at] > 0)?];
    loop {
        let last = *path.last()?;
        let next = on(last).find(|other| waits[*other] > 0)?;
        if let Some(start) = path.iter().position(|at| *at == next) {
            path.drain(..start);
            path.push(next);
            return Some(path);
        }
        path.push(next);
    }
}
