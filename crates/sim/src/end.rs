//! Rules over everything, once nothing moves any more.

use segue_core::execution::{Execution, snapshot};
use segue_core::id::{ExecutionId, TaskId};
use segue_core::plan::Kind;
use segue_core::record::Record;
use segue_core::status::TaskStatus;
use segue_store::contract::{Filter, Queue, Retention, Search, SearchRequest, Timers};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::books::History;
use crate::store::ready;
use crate::world::World;
use crate::{Check, broken};

impl World {
    pub(crate) fn final_rules(&self) -> Check {
        self.tables()?;
        self.memory()?;
        self.acknowledged()?;
        self.events()?;
        self.families()
    }

    /// The store's tables are the journal's projection, and agree with the fold.
    fn tables(&self) -> Check {
        let findings = ready(self.store.memory.check());
        if !findings.is_empty() {
            return broken("tables are a projection of the journal", findings.join("; "));
        }
        let everything =
            SearchRequest { filter: Filter::All(vec![]), order: vec![], offset: 0, count_max: usize::MAX };
        let page = ready(self.store.memory.search(everything));
        if page.rows.len() != self.store.books.histories.len() {
            return broken("every execution is found", format!("{} rows", page.rows.len()));
        }
        for row in page.rows {
            let Some(history) = self.store.books.histories.get(&row.id) else {
                return broken("every execution is found", row.id.to_string());
            };
            let state = &history.state;
            let agrees = row.status == state.status
                && row.seq == history.records.len() as u64
                && row.started_at == state.created_at
                && row.ended_at == state.ended_at
                && row.reason == state.reason
                && row.parent == state.started.parent;
            if !agrees {
                return broken("a row is as the fold says", format!("{row:?}"));
            }
        }
        let queues = ready(self.store.memory.queue_sizes());
        if !queues.is_empty() {
            return broken("nothing is ready when all is over", format!("{queues:?}"));
        }
        let orphans = ready(self.store.memory.without_wake_up(None, usize::MAX));
        if !orphans.is_empty() {
            return broken("every running execution owns a wake-up", format!("{orphans:?}"));
        }
        Ok(())
    }

    /// What nodes have in memory is the fold of the journal.
    fn memory(&self) -> Check {
        for (index, host) in self.hosts.iter().enumerate() {
            for (id, sight) in host.node.in_memory() {
                let Some(history) = self.store.books.histories.get(&id).filter(|_| sight.is_idle) else {
                    continue;
                };
                let count = usize::try_from(sight.seq).unwrap_or(usize::MAX);
                let Some(records) = history.records.get(..count) else {
                    let detail = format!("host {index}: {id} at {}", sight.seq);
                    return broken("memory is behind the journal, never ahead", detail);
                };
                let folded = fold(id, history, records);
                let (is, expected) = (text(sight.execution), text(&folded));
                if is != expected {
                    let detail = format!("host {index}: {id} at {}:\n{is}\n{expected}", sight.seq);
                    return broken("memory is the fold of the journal", detail);
                }
            }
        }
        Ok(())
    }

    fn acknowledged(&self) -> Check {
        for id in &self.started {
            let books = &self.store.books;
            if !books.histories.contains_key(id) && !books.removed.contains(id) {
                return broken("an acknowledged start exists", id.to_string());
            }
        }
        Ok(())
    }

    /// What was published started what listens, as often as it was published.
    fn events(&self) -> Check {
        let books = &self.store.books;
        let mut heard: BTreeMap<TaskId, u64> = BTreeMap::new();
        for history in books.histories.values().filter(|history| history.state.started.event.is_some()) {
            let input = history.state.started.input.object();
            let message = input.get("messageId").and_then(Value::as_str).and_then(|id| id.parse().ok());
            if let Some(attempt) = message {
                *heard.entry(attempt).or_default() += 1;
            }
        }
        for (attempt, times) in &heard {
            let published = books.times_scheduled(*attempt);
            if *times > published {
                let detail = format!("{attempt}, published {published} times, was heard {times} times");
                return broken("an event is heard once", detail);
            }
        }
        for (id, history) in books.histories.iter().filter(|_| books.removed.is_empty()) {
            let events = history.state.tasks().iter().filter(|task| {
                matches!(history.state.plan.node(task.node).kind, Kind::Event { .. })
                    && task.status == TaskStatus::Completed
            });
            let unheard = events
                .map(|task| id.task(task.ordinal))
                .find(|task| heard.get(task).copied().unwrap_or(0) != books.times_scheduled(*task));
            if let Some(attempt) = unheard {
                return broken("an event is heard once", format!("{attempt} was not heard"));
            }
        }
        Ok(())
    }

    /// No child outlives its parent, and a parent's attempt is over when its child is.
    fn families(&self) -> Check {
        for (id, history) in &self.store.books.histories {
            if !history.state.status.is_terminal() {
                return broken("every execution ends", id.to_string());
            }
        }
        Ok(())
    }
}

fn fold(id: ExecutionId, history: &History, records: &[Arc<Record>]) -> Execution {
    let state = &history.state;
    let at = history.records.first().map_or(state.created_at, |first| first.at);
    let mut execution = Execution::new(id, state.pinned.clone(), state.started.clone(), at);
    state.known_plans().for_each(|plan| execution.know(plan.clone()));
    for record in records {
        execution.fold_record(record).expect("folded before");
    }
    execution
}

/// The state without what heartbeats alone change.
fn text(execution: &Execution) -> String {
    let saved = snapshot::Snapshot::of(execution);
    let mut value = serde_json::to_value(saved).expect("a state is JSON");
    for task in value["tasks"].as_array_mut().into_iter().flatten() {
        task["lease"] = Value::Null;
        task["updated_at"] = Value::Null;
    }
    value.to_string()
}
