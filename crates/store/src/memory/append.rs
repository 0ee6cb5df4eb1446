//! What becomes of an append.

use std::collections::HashSet;

use segue_core::event::Event;
use segue_core::id::ExecutionId;
use segue_core::record::Record;
use segue_core::time::Timestamp;

use super::State;
use crate::contract::{Admission, Append, Appended};
use crate::fold;
use crate::rate::{self, Verdict};

impl State {
    /// The whole batch, in order.
    pub(super) fn append_all(&mut self, batch: Vec<Append>) -> Vec<Appended> {
        let mut lost = HashSet::new();
        batch
            .into_iter()
            .map(|append| {
                let execution = append.execution;
                let outcome =
                    if lost.contains(&execution) { Appended::Conflict } else { self.append_one(append) };
                if !matches!(outcome, Appended::Committed { .. }) {
                    lost.insert(execution);
                }
                outcome
            })
            .collect()
    }

    fn append_one(&mut self, append: Append) -> Appended {
        let execution = append.execution;
        if self.head(execution) != append.expected_seq || self.tombstones.contains(&execution) {
            return Appended::Conflict;
        }
        let seq = append.expected_seq + 1;
        let key = fold::start_key(seq, &append.record);
        if let Some(&existing) = key.as_ref().and_then(|key| self.start_keys.get(key)) {
            return Appended::DuplicateKey { existing };
        }
        if let Some(admission) = &append.admission
            && let Some(refusal) = self.admit(admission, append.record.at)
        {
            return refusal;
        }
        if let Some(key) = key {
            self.start_keys.insert(key, execution);
        }
        self.commit(append, seq)
    }

    /// Takes the place, or says why not.
    fn admit(&mut self, admission: &Admission, now: Timestamp) -> Option<Appended> {
        if let Some(count_max) = admission.concurrent_max {
            let others =
                self.tables.leases.values().filter(|lease| {
                    lease.slot.as_ref() == Some(&admission.key) && lease.task != admission.task
                });
            if others.count() >= count_max as usize {
                return Some(Appended::NotAdmitted { retry_at: None });
            }
        }
        if let Some(limit) = admission.rate {
            match rate::judge(limit, self.rates.get(&admission.key).copied(), now) {
                Verdict::Refused { retry_at } => return Some(Appended::NotAdmitted { retry_at }),
                Verdict::Admitted { arrival_us } => {
                    self.rates.insert(admission.key.clone(), arrival_us);
                }
            }
        }
        None
    }

    fn commit(&mut self, append: Append, seq: u64) -> Appended {
        let execution = append.execution;
        self.position += 1;
        self.tables.apply(execution, seq, &append.record);
        self.forget_messages_to_removed();
        self.forget_extensions(execution, &append.record);
        self.activity.records += 1;
        self.activity.bytes += append.record.encode().len() as u64;
        for blueprint in append.blueprints {
            self.activity.bytes += blueprint.body.text().len() as u64;
            self.blueprints.entry(blueprint.hash).or_insert(blueprint.body);
        }
        for line in append.logs {
            self.activity.bytes += line.text.len() as u64;
            self.logs.entry(line.task).or_default().push(line);
        }
        self.order.insert(self.position, (execution, seq));
        self.records.insert((execution, seq), (self.position, append.record));
        Appended::Committed { position: self.position }
    }

    /// An extension ends with the lease that it extends.
    fn forget_extensions(&mut self, execution: ExecutionId, record: &Record) {
        for event in &record.events {
            if let Event::AttemptStarted(started) = event {
                self.extended.remove(&execution.task(started.task));
            }
        }
        self.extended.retain(|task, _| self.tables.leases.contains_key(task));
    }

    /// Nobody can ever answer them.
    fn forget_messages_to_removed(&mut self) {
        let tombstones = &self.tombstones;
        self.tables.messages.retain(|_, message| !tombstones.contains(&message.to));
    }

    /// The seq of the last record; 0 without any.
    pub(super) fn head(&self, execution: ExecutionId) -> u64 {
        let last = self.records.range((execution, 0)..=(execution, u64::MAX)).next_back();
        last.map_or(0, |((_, seq), _)| *seq)
    }
}
