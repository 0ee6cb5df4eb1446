//! The operators that the native format adds: FOR_EACH, TRY_CATCH, GRAPH.

use std::collections::{HashMap, HashSet};

use super::{Compiler, Place};
use crate::definition::{WorkflowTask, graph_problems};
use crate::event::Section;
use crate::plan::kind::Kind;
use crate::plan::{ForEach, Graph, NodeIndex, Parent, TryCatch};

impl Place {
    /// The body of a loop.
    pub(super) fn body_of(index: NodeIndex, around: Self) -> Self {
        Self {
            parent: Parent::Body(index),
            enclosing_loop: Some(index),
            enclosing_scope: Some(index),
            section: None,
            depth: around.depth + 1,
        }
    }
}

impl Compiler {
    pub(super) fn for_each(
        &mut self,
        task: &WorkflowTask,
        path: &str,
        index: NodeIndex,
        place: Place,
    ) -> Kind {
        let body = self.sequence(&task.loop_over, &format!("{path}.loopOver"), Place::body_of(index, place));
        let items = task.items.as_ref().map(|items| self.template(items, &format!("{path}.items")));
        let concurrency = u32::try_from(task.concurrency.unwrap_or(1)).unwrap_or(0);
        if concurrency == 0 {
            let reference = &task.task_reference_name;
            self.refuse(
                &format!("{path}.concurrency"),
                &format!("concurrency of {reference} must be at least 1"),
            );
        }
        Kind::ForEach(Box::new(ForEach { body, items, concurrency }))
    }

    pub(super) fn try_catch(
        &mut self,
        task: &WorkflowTask,
        path: &str,
        index: NodeIndex,
        place: Place,
    ) -> Kind {
        let mut part = |section, tasks: &[WorkflowTask], key: &str| {
            let parent = Parent::Section(index, section);
            let inside = Place { parent, enclosing_scope: Some(index), section: Some(section), ..place };
            self.sequence(tasks, &format!("{path}.{key}"), inside)
        };
        Kind::TryCatch(Box::new(TryCatch {
            body: part(Section::Try, &task.try_tasks, "tryTasks"),
            catch: part(Section::Catch, &task.catch_tasks, "catchTasks"),
            finally: part(Section::Finally, &task.finally_tasks, "finallyTasks"),
        }))
    }

    pub(super) fn graph(&mut self, task: &WorkflowTask, path: &str, index: NodeIndex, place: Place) -> Kind {
        for (at, problem) in graph_problems(&task.graph_tasks) {
            self.refuse(&format!("{path}.graphTasks[{at}]"), &problem);
        }
        let inside =
            Place { parent: Parent::Step(index), enclosing_scope: Some(index), section: None, ..place };
        let written = task.graph_tasks.iter().enumerate();
        let steps: Vec<NodeIndex> =
            written.map(|(at, step)| self.node(step, &format!("{path}.graphTasks[{at}]"), inside)).collect();
        let named: HashMap<&str, NodeIndex> = task
            .graph_tasks
            .iter()
            .zip(&steps)
            .map(|(step, index)| (step.task_reference_name.as_str(), *index))
            .collect();
        for (step, at) in task.graph_tasks.iter().zip(&steps) {
            let mut seen = HashSet::new();
            let on = step.depends_on.iter().filter_map(|name| named.get(name.as_str()).copied());
            for on in on.filter(|on| seen.insert(*on)).collect::<Vec<_>>() {
                self.nodes[at.0 as usize].dependencies.push(on);
                self.nodes[on.0 as usize].dependants.push(*at);
            }
        }
        let is_root = |step: &&NodeIndex| self.nodes[step.0 as usize].dependencies.is_empty();
        let roots = steps.iter().filter(is_root).map(|step| Some(*step)).collect();
        Kind::Graph(Box::new(Graph { steps, roots }))
    }
}
