//! Registered definitions.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use segue_core::decide::Definitions;
use segue_core::definition::{EventHandler, TaskDef, Violation, WorkflowDef};
use segue_core::plan::{self, Plan};
use segue_core::trigger;

/// The registered definitions.
#[derive(Default, Clone)]
pub(crate) struct Catalog {
    pub(crate) task_defs: HashMap<String, Arc<TaskDef>>,
    pub(crate) plans: HashMap<String, BTreeMap<i64, Arc<Plan>>>,
    pub(crate) handlers: Vec<EventHandler>,
}

impl Catalog {
    pub(crate) fn compile_here(&self, definition: &WorkflowDef) -> Result<Arc<Plan>, Vec<Violation>> {
        plan::compile(plan::blueprint(definition, &|name| self.task_defs.get(name).cloned())).map(Arc::new)
    }
}

impl Definitions for Catalog {
    fn find(&self, name: &str, version: Option<u32>) -> Option<Arc<Plan>> {
        let versions = self.plans.get(name)?;
        match version {
            Some(version) => versions.get(&i64::from(version)).cloned(),
            None => versions.values().next_back().cloned(),
        }
    }

    fn compile(&self, definition: WorkflowDef) -> Result<Arc<Plan>, Vec<Violation>> {
        self.compile_here(&definition)
    }

    fn subscribers(&self, event: &str) -> Vec<Arc<Plan>> {
        let listening = self.handlers.iter().filter(|handler| handler.active && handler.event == event);
        let plans = listening.map(|handler| self.compile_here(&trigger::definition(handler)));
        plans.map(|plan| plan.expect("a handler that compiles")).collect()
    }
}
