//! Registered definitions in memory, and the plans compiled from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;
use segue_core::decide::Definitions;
use segue_core::definition::{EventHandler, TaskDef, Violation, WorkflowDef};
use segue_core::id::BlueprintHash;
use segue_core::plan::{Plan, blueprint, compile};
use segue_core::table::HashMap;
use segue_core::time::Timestamp;
use segue_core::trigger;
use segue_store::contract::{CatalogEntry, Shelf};
use tokio::sync::Notify;

use crate::schedule::{Halt, Mark, Scheduled};
use crate::tags::{Label, Tag, Tagged};

/// Plans that nothing runs any more are dropped beyond so many.
const PLANS_KEPT: usize = 1000;

/// The definitions of one node.
#[derive(Default)]
pub struct Catalog {
    shelves: RwLock<Shelves>,
    plans: RwLock<HashMap<BlueprintHash, Arc<Plan>>>,
    changed: Notify,
}

#[derive(Default)]
struct Shelves {
    revision: u64,
    workflows: BTreeMap<Arc<str>, BTreeMap<u32, Arc<WorkflowDef>>>,
    tasks: BTreeMap<Arc<str>, Arc<TaskDef>>,
    tags: BTreeMap<(Tagged, Arc<str>), Vec<Tag>>,
    handlers: BTreeMap<Arc<str>, Arc<EventHandler>>,
    /// The active handlers of each event.
    listening: HashMap<Arc<str>, Vec<Arc<str>>>,
    schedules: BTreeMap<Arc<str>, Arc<Scheduled>>,
    halt: Halt,
    fired_until: BTreeMap<Arc<str>, Timestamp>,
    planned: HashMap<(Arc<str>, u32), Arc<Plan>>,
    /// What handlers stand for.
    reactions: HashMap<Arc<str>, Arc<Plan>>,
}

impl Shelves {
    fn tag(&mut self, what: Tagged, body: &str) -> Result<(), serde_json::Error> {
        let label: Label = serde_json::from_str(body)?;
        self.tags.entry((what, label.name.as_str().into())).or_default().push(label.tag);
        Ok(())
    }

    fn listen(&mut self, name: &Arc<str>, body: &str) -> Result<(), serde_json::Error> {
        let handler: EventHandler = serde_json::from_str(body)?;
        if handler.active {
            self.listening.entry(handler.event.as_str().into()).or_default().push(name.clone());
        }
        self.handlers.insert(name.clone(), Arc::new(handler));
        Ok(())
    }

    fn schedule(&mut self, name: Arc<str>, body: &str) -> Result<(), serde_json::Error> {
        if &*name == Halt::NAME {
            self.halt = serde_json::from_str(body)?;
        } else if let Some(schedule) = Mark::schedule(&name) {
            let Mark { fired_until } = serde_json::from_str(body)?;
            self.fired_until.insert(schedule.into(), fired_until);
        } else {
            self.schedules.insert(name, Arc::new(Scheduled::read(body)?));
        }
        Ok(())
    }
}

impl Catalog {
    /// Takes over what the store has, unless this copy is newer: readings of two registrations may arrive in
    /// either order. Entries that this release cannot read are left out and returned.
    pub fn replace(&self, revision: u64, entries: Vec<CatalogEntry>) -> Vec<CatalogEntry> {
        let mut shelves = Shelves { revision, ..Shelves::default() };
        let mut unreadable = Vec::new();
        for entry in entries {
            let text = entry.body.text();
            let read = match entry.kind {
                Shelf::WorkflowDef => serde_json::from_str(text).map(|def| {
                    shelves
                        .workflows
                        .entry(entry.name.clone())
                        .or_default()
                        .insert(entry.version, Arc::new(def));
                }),
                Shelf::WorkflowTag => shelves.tag(Tagged::Workflow, text),
                Shelf::TaskTag => shelves.tag(Tagged::Task, text),
                Shelf::TaskDef => serde_json::from_str(text).map(|def| {
                    shelves.tasks.insert(entry.name.clone(), Arc::new(def));
                }),
                Shelf::EventHandler => shelves.listen(&entry.name, text),
                Shelf::Schedule => shelves.schedule(entry.name.clone(), text),
            };
            if read.is_err() {
                unreadable.push(entry);
            }
        }
        let mut current = self.shelves.write();
        if current.revision <= revision {
            *current = shelves;
            self.changed.notify_one();
        }
        unreadable
    }

    /// The store's revision that this copy has.
    pub fn revision(&self) -> u64 {
        self.shelves.read().revision
    }

    /// A definition; without a version the latest.
    pub fn workflow(&self, name: &str, version: Option<u32>) -> Option<Arc<WorkflowDef>> {
        let shelves = self.shelves.read();
        let versions = shelves.workflows.get(name)?;
        match version {
            Some(version) => versions.get(&version).cloned(),
            None => versions.last_key_value().map(|(_, def)| def.clone()),
        }
    }

    /// All definitions, by name and version.
    pub fn workflows(&self) -> Vec<Arc<WorkflowDef>> {
        self.shelves.read().workflows.values().flat_map(|versions| versions.values().cloned()).collect()
    }

    /// A task definition.
    pub fn task(&self, name: &str) -> Option<Arc<TaskDef>> {
        self.shelves.read().tasks.get(name).cloned()
    }

    /// All task definitions, by name.
    pub fn tasks(&self) -> Vec<Arc<TaskDef>> {
        self.shelves.read().tasks.values().cloned().collect()
    }

    /// An event handler.
    pub fn event_handler(&self, name: &str) -> Option<Arc<EventHandler>> {
        self.shelves.read().handlers.get(name).cloned()
    }

    /// All event handlers, by name.
    pub fn event_handlers(&self) -> Vec<Arc<EventHandler>> {
        self.shelves.read().handlers.values().cloned().collect()
    }

    /// A schedule.
    pub fn schedule(&self, name: &str) -> Option<Arc<Scheduled>> {
        self.shelves.read().schedules.get(name).cloned()
    }

    /// All schedules, by name.
    pub fn schedules(&self) -> Vec<Arc<Scheduled>> {
        self.shelves.read().schedules.values().cloned().collect()
    }

    /// Whether all schedules are paused at once.
    pub fn halt(&self) -> Halt {
        self.shelves.read().halt
    }

    /// Up to where the times of a schedule are known to have fired, executions apart.
    pub(crate) fn fired_until(&self, schedule: &str) -> Timestamp {
        self.shelves.read().fired_until.get(schedule).copied().unwrap_or_default()
    }

    /// Waits for the next change; one that nobody waited for counts. For one waiter.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The tags of a definition, in a fixed order.
    pub fn tags(&self, what: Tagged, name: &str) -> Vec<Tag> {
        self.shelves.read().tags.get(&(what, name.into())).cloned().unwrap_or_default()
    }

    /// A plan that is known by its hash.
    pub fn plan(&self, hash: BlueprintHash) -> Option<Arc<Plan>> {
        self.plans.read().get(&hash).cloned()
    }

    /// Keeps a plan so that executions which pin it share it.
    pub fn keep(&self, plan: Arc<Plan>) -> Arc<Plan> {
        let mut plans = self.plans.write();
        if plans.len() >= PLANS_KEPT {
            plans.retain(|_, plan| Arc::strong_count(plan) > 1);
        }
        plans.entry(plan.hash).or_insert(plan).clone()
    }

    /// The plan of a registered definition, or of what an event handler stands for.
    ///
    /// # Errors
    /// `Ok(None)` if there is none; what keeps it from running.
    pub fn planned(&self, name: &str, version: Option<u32>) -> Result<Option<Arc<Plan>>, Vec<Violation>> {
        if let Some(handler) = name.strip_prefix(trigger::PREFIX) {
            return if version.is_none_or(|version| version == 1) {
                self.reaction(handler)
            } else {
                Ok(None)
            };
        }
        let Some(definition) = self.workflow(name, version) else { return Ok(None) };
        let key = (Arc::from(name), u32::try_from(definition.version).unwrap_or(0));
        if let Some(plan) = self.shelves.read().planned.get(&key) {
            return Ok(Some(plan.clone()));
        }
        let revision = self.revision();
        let plan = self.plan_of(&definition)?;
        let mut shelves = self.shelves.write();
        if shelves.revision == revision {
            shelves.planned.insert(key, plan.clone());
        }
        Ok(Some(plan))
    }

    /// The plan of what an event handler stands for.
    fn reaction(&self, name: &str) -> Result<Option<Arc<Plan>>, Vec<Violation>> {
        let (revision, handler) = {
            let shelves = self.shelves.read();
            if let Some(plan) = shelves.reactions.get(name) {
                return Ok(Some(plan.clone()));
            }
            let Some(handler) = shelves.handlers.get(name) else { return Ok(None) };
            (shelves.revision, handler.clone())
        };
        let plan = self.plan_of(&trigger::definition(&handler))?;
        let mut shelves = self.shelves.write();
        if shelves.revision == revision {
            shelves.reactions.insert(name.into(), plan.clone());
        }
        Ok(Some(plan))
    }

    /// The plan of any definition, with the registered task definitions.
    ///
    /// # Errors
    /// What keeps it from running.
    pub fn plan_of(&self, definition: &WorkflowDef) -> Result<Arc<Plan>, Vec<Violation>> {
        let embedded = blueprint(definition, &|name| self.task(name));
        Ok(self.keep(Arc::new(compile(embedded)?)))
    }
}

impl Definitions for Catalog {
    fn find(&self, name: &str, version: Option<u32>) -> Option<Arc<Plan>> {
        self.planned(name, version).ok().flatten()
    }

    fn compile(&self, definition: WorkflowDef) -> Result<Arc<Plan>, Vec<Violation>> {
        self.plan_of(&definition)
    }

    fn subscribers(&self, event: &str) -> Vec<Arc<Plan>> {
        let Some(names) = self.shelves.read().listening.get(event).cloned() else { return Vec::new() };
        let reaction = |name: Arc<str>| {
            let plan = self.reaction(&name);
            if let Err(violations) = &plan {
                tracing::warn!(%name, ?violations, "an event handler cannot act");
            }
            plan.ok().flatten()
        };
        names.into_iter().filter_map(reaction).collect()
    }
}
