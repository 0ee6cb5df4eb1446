//! The checker's own books of the journal: every durable record is entered and held against the rules of a
//! history. Nothing here looks at what nodes think.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use segue_core::definition::TaskDef;
use segue_core::event::Event;
use segue_core::execution::Execution;
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::plan::Plan;
use segue_core::record::{MessageId, Record};
use segue_core::time::Timestamp;
use segue_store::contract::Append;

use crate::messages::Mail;
use crate::{Check, broken};

/// Everything that is durable, as the checker sees it.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) histories: BTreeMap<ExecutionId, History>,
    pub(crate) removed: BTreeSet<ExecutionId>,
    pub(crate) mail: Mail,
    plans: HashMap<BlueprintHash, Arc<Plan>>,
    children: BTreeMap<TaskId, BTreeSet<ExecutionId>>,
    keys: BTreeMap<(Arc<str>, Arc<str>), ExecutionId>,
    places: BTreeMap<Arc<str>, BTreeSet<TaskId>>,
    claims: BTreeMap<Arc<str>, Vec<Timestamp>>,
    pub(crate) records: u64,
}

/// One execution.
pub(crate) struct History {
    /// The fold of its records.
    pub(crate) state: Execution,
    pub(crate) records: Vec<Arc<Record>>,
    /// What the attempts went through, told from the events alone.
    pub(crate) attempts: BTreeMap<u32, Attempt>,
    /// Results by the number that the simulated worker put into the output.
    pub(crate) results: BTreeSet<u64>,
    effected: BTreeSet<MessageId>,
}

#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) is_open: bool,
    pub(crate) is_held: bool,
    /// How often it was handed out, and how often it came back unfinished.
    pub(crate) starts: u32,
    pub(crate) deferrals: u32,
    /// How often it was scheduled.
    schedules: u64,
    /// It no longer counts, so it may be scheduled again.
    is_dropped: bool,
}

impl Books {
    /// Takes note of plans that executions may pin.
    pub(crate) fn know(&mut self, plan: Arc<Plan>) {
        self.plans.insert(plan.hash, plan);
    }

    pub(crate) fn head(&self, id: ExecutionId) -> u64 {
        self.histories.get(&id).map_or(0, |history| history.records.len() as u64)
    }

    /// Enters a durable record.
    pub(crate) fn enter(&mut self, append: &Append) -> Check {
        let id = append.execution;
        self.records += 1;
        if append.expected_seq != self.head(id) || self.removed.contains(&id) {
            let head = self.head(id);
            return broken("seqs are dense", format!("{id}: {} committed on {head}", append.expected_seq));
        }
        self.keep_blueprints(append)?;
        if append.expected_seq == 0 {
            self.begin(append)?;
        }
        let seq = append.expected_seq + 1;
        let Some(history) = self.histories.get_mut(&id) else {
            return broken("executions begin with a start", id.to_string());
        };
        for event in &append.record.events {
            history.transition(id, seq, event)?;
        }
        for fragment in Execution::fragments_of(&append.record) {
            let Some(plan) = self.plans.get(&fragment) else {
                return broken("a pinned fragment is stored", format!("{id} seq {seq}: {fragment}"));
            };
            history.state.know(plan.clone());
        }
        if let Err(misfit) = history.state.fold_record(&append.record) {
            return broken("the journal folds", format!("{id} seq {seq}: {misfit}"));
        }
        history.records.push(append.record.clone());
        let (wake, said) = (history.state.wake_at(append.record.at), append.record.wake_at);
        // A lease that was extended ends later than the journal says.
        if wake.is_some() != said.is_some() || said < wake {
            let detail = format!("{id} seq {seq}: is {said:?}, the fold says {wake:?}: {:?}", append.record);
            return broken("a record says when it is looked at again", detail);
        }
        self.take_messages(id, seq, &append.record)?;
        self.limits(id, &append.record)
    }

    fn begin(&mut self, append: &Append) -> Check {
        let id = append.execution;
        let Some(started) = Execution::start_of(&append.record) else {
            return broken("executions begin with a start", id.to_string());
        };
        if let Some(parent) = started.parent {
            let scheduled = self.times_scheduled(parent);
            let children = self.children.entry(parent).or_default();
            children.insert(id);
            if children.len() as u64 > scheduled {
                let detail = format!("{parent}, scheduled {scheduled} times, started {children:?}");
                return broken("a child starts once", detail);
            }
        }
        if let Some(key) = &started.start_key
            && let Some(other) = self.keys.insert((started.name.clone(), key.clone()), id)
            && !self.removed.contains(&other)
        {
            return broken("a start key is unique", format!("{key}: {other} and {id}"));
        }
        let Some(plan) = self.plans.get(&started.blueprint) else {
            return broken("a pinned definition is stored", format!("{id}: {}", started.blueprint));
        };
        let state = Execution::new(id, plan.clone(), Arc::new(started.clone()), append.record.at);
        let history = History {
            state,
            records: Vec::new(),
            attempts: BTreeMap::new(),
            results: BTreeSet::new(),
            effected: BTreeSet::new(),
        };
        self.histories.insert(id, history);
        Ok(())
    }

    /// How often an attempt was scheduled; a rewind may schedule it again.
    pub(crate) fn times_scheduled(&self, task: TaskId) -> u64 {
        let history = self.histories.get(&task.execution());
        let attempt = history.and_then(|history| history.attempts.get(&task.ordinal()));
        // What a deleted execution did cannot be looked up.
        attempt.map_or(u64::MAX, |attempt| attempt.schedules)
    }

    fn keep_blueprints(&mut self, append: &Append) -> Check {
        for blueprint in &append.blueprints {
            if let std::collections::hash_map::Entry::Vacant(place) = self.plans.entry(blueprint.hash) {
                let body = Some(blueprint.body.clone());
                match segue_engine::node::pinned_plan(append.execution, blueprint.hash, body) {
                    Ok(plan) => place.insert(Arc::new(plan)),
                    Err(error) => return broken("a pinned definition compiles", error.to_string()),
                };
            }
        }
        Ok(())
    }

    fn take_messages(&mut self, id: ExecutionId, seq: u64, record: &Record) -> Check {
        let Some(history) = self.histories.get_mut(&id) else { return Ok(()) };
        for message in &record.applied {
            self.mail.apply(*message, id)?;
            if !history.effected.insert(*message) {
                let only_claims = record.events.iter().all(|event| matches!(event, Event::AttemptStarted(_)));
                if !only_claims || !record.messages.is_empty() {
                    let detail = format!("{id} seq {seq}: {message:?} again: {record:?}");
                    return broken("a message takes effect once", detail);
                }
            }
        }
        for (index, message) in (0u32..).zip(&record.messages) {
            let message_id = MessageId { sender: id, seq, index };
            self.mail.send(message_id, message, &self.removed);
        }
        Ok(())
    }

    /// Places of limits are told from the fold, rates from the instants of the claims.
    fn limits(&mut self, id: ExecutionId, record: &Record) -> Check {
        for event in &record.events {
            match event {
                Event::AttemptStarted(started) => {
                    let Some(def) = self.task_def(id, started.task) else { continue };
                    let key: Arc<str> = def.name.as_str().into();
                    if let Some(max) = def.concurrent_exec_limit.filter(|max| *max > 0) {
                        let places = self.places.entry(key.clone()).or_default();
                        places.insert(id.task(started.task));
                        if places.len() > usize::try_from(max).unwrap_or(0) {
                            return broken("limits hold", format!("{key}: {places:?}, {max} allowed"));
                        }
                    }
                    if def.rate_limit_per_frequency > 0 {
                        let window_ms = i64::from(def.rate_limit_frequency_in_seconds) * 1000;
                        let claims = self.claims.entry(key.clone()).or_default();
                        claims.push(started.at);
                        let recent = claims.iter().filter(|at| started.at - **at < window_ms).count();
                        // A full burst, and what an even flow adds within the window.
                        let max = usize::try_from(def.rate_limit_per_frequency).unwrap_or(0) * 2;
                        if recent > max {
                            return broken(
                                "limits hold",
                                format!("{key}: {recent} claims in {window_ms} ms"),
                            );
                        }
                    }
                }
                Event::TaskEnded(ended) => self.free(|task| task == id.task(ended.task)),
                Event::AttemptDeferred(deferred) => self.free(|task| task == id.task(deferred.task)),
                Event::ExecutionEnded(_) => self.free(|task| task.execution() == id),
                _ => {}
            }
        }
        Ok(())
    }

    fn task_def(&self, id: ExecutionId, ordinal: u32) -> Option<Arc<TaskDef>> {
        let state = &self.histories.get(&id)?.state;
        state.plan.node(state.task(ordinal)?.node).task_def.clone()
    }

    fn free(&mut self, of: impl Fn(TaskId) -> bool) {
        for places in self.places.values_mut() {
            places.retain(|task| !of(*task));
        }
    }

    /// An execution was deleted.
    pub(crate) fn remove(&mut self, id: ExecutionId) {
        self.histories.remove(&id);
        self.removed.insert(id);
        self.mail.drop_to(id);
        self.free(|task| task.execution() == id);
    }
}

impl History {
    /// No attempt makes a transition twice.
    fn transition(&mut self, id: ExecutionId, seq: u64, event: &Event) -> Check {
        let wrong = |what: &str, task: u32| {
            broken("no transition happens twice", format!("{id} seq {seq}: attempt {task} {what}"))
        };
        match event {
            Event::ExecutionStarted(_) if seq > 1 => return wrong("started its execution again", 0),
            Event::TaskScheduled(scheduled) => {
                let former = self.attempts.get(&scheduled.task).copied();
                if former.is_some_and(|former| !former.is_dropped) {
                    return wrong("was scheduled again", scheduled.task);
                }
                let schedules = former.map_or(0, |former| former.schedules) + 1;
                let starts = former.map_or(0, |former| former.starts);
                let fresh = Attempt { is_open: true, schedules, starts, ..Attempt::default() };
                self.attempts.insert(scheduled.task, fresh);
            }
            Event::AttemptStarted(started) => {
                let attempt = self.attempts.entry(started.task).or_default();
                if !attempt.is_open || attempt.is_held {
                    return wrong("was claimed while held or over", started.task);
                }
                attempt.is_held = true;
                attempt.starts += 1;
            }
            Event::AttemptDeferred(deferred) => {
                let attempt = self.attempts.entry(deferred.task).or_default();
                if !attempt.is_open {
                    return wrong("was deferred after its end", deferred.task);
                }
                attempt.is_held = false;
                attempt.deferrals += 1;
                self.note_result(&deferred.output);
            }
            Event::TaskUpdated { task, output } => {
                if !self.attempts.entry(*task).or_default().is_open {
                    return wrong("was updated after its end", *task);
                }
                self.note_result(output);
            }
            Event::TaskEnded(ended) => {
                let attempt = self.attempts.entry(ended.task).or_default();
                if !attempt.is_open {
                    return wrong("ended again", ended.task);
                }
                (attempt.is_open, attempt.is_held) = (false, false);
                if let Some(output) = &ended.output {
                    self.note_result(output);
                }
            }
            Event::TaskReopened { task } => {
                let attempt = self.attempts.entry(*task).or_default();
                if attempt.is_open {
                    return wrong("was reopened while open", *task);
                }
                attempt.is_open = true;
            }
            Event::Restarted(_) => {
                for attempt in self.attempts.values_mut() {
                    (attempt.is_open, attempt.is_held, attempt.is_dropped) = (false, false, true);
                }
            }
            Event::Rewound(rewound) => self.dropped(id, seq, &rewound.dropped)?,
            Event::PlanReplaced(replaced) => self.dropped(id, seq, &replaced.dropped)?,
            Event::ExecutionEnded(_) => {
                for attempt in self.attempts.values_mut() {
                    (attempt.is_open, attempt.is_held) = (false, false);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Attempts that no longer count have ended.
    fn dropped(&mut self, id: ExecutionId, seq: u64, dropped: &[u32]) -> Check {
        for task in dropped {
            let attempt = self.attempts.entry(*task).or_default();
            if attempt.is_open {
                return broken("what is dropped has ended", format!("{id} seq {seq}: attempt {task}"));
            }
            attempt.is_dropped = true;
        }
        Ok(())
    }

    fn note_result(&mut self, output: &segue_core::json::Json) {
        self.results.extend(output.value().get("token").and_then(serde_json::Value::as_u64));
    }
}
