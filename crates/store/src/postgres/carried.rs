//! What the winners of a batch bring to the journal, as columns for set-based statements.

use std::collections::BTreeMap;

use segue_core::record::FORMAT;
use uuid::Uuid;

use super::batch::{Batch, Item, column};
use super::session::Call;

const JOURNAL_FORMAT: i16 = FORMAT as i16;

/// Logs and blueprints.
#[derive(Default)]
pub(super) struct Carried {
    logs: (Vec<Uuid>, Vec<i64>, Vec<String>),
    blueprints: (Vec<String>, Vec<String>),
}

impl Carried {
    pub(super) fn of(items: &[&Item]) -> Self {
        let mut carried = Self::default();
        for line in items.iter().flat_map(|item| &item.append.logs) {
            carried.logs.0.push(line.task.uuid());
            carried.logs.1.push(line.at.0);
            carried.logs.2.push(column(&line.text));
        }
        // Sorted and single, so that two batches never wait for each other.
        let blueprints = items.iter().flat_map(|item| &item.append.blueprints);
        let sorted: BTreeMap<_, _> = blueprints.map(|found| (found.hash, &found.body)).collect();
        for (hash, body) in sorted {
            carried.blueprints.0.push(hash.to_string());
            carried.blueprints.1.push(body.text().to_owned());
        }
        carried
    }

    pub(super) fn calls(&self) -> Vec<Call<'_>> {
        let mut calls = Vec::new();
        let (task, at, line) = &self.logs;
        if !task.is_empty() {
            calls.push(Call { sql: include_str!("sql/put_logs.sql"), params: vec![task, at, line] });
        }
        let (hash, body) = &self.blueprints;
        if !hash.is_empty() {
            calls.push(Call { sql: include_str!("sql/put_blueprints.sql"), params: vec![hash, body] });
        }
        calls
    }
}

/// The records themselves, and how many positions each partition gives for them.
pub(super) struct Journaled {
    heads: BTreeMap<i32, i64>,
    partitions: Vec<i32>,
    counts: Vec<i64>,
    token: i64,
    execution: Vec<Uuid>,
    seq: Vec<i64>,
    partition: Vec<i32>,
    place: Vec<i64>,
    body: Vec<Vec<u8>>,
}

impl Journaled {
    pub(super) fn of(items: &[&Item], batch: &Batch) -> Self {
        let mut journaled = Self {
            heads: BTreeMap::new(),
            partitions: Vec::new(),
            counts: Vec::new(),
            token: batch.token,
            execution: Vec::with_capacity(items.len()),
            seq: Vec::with_capacity(items.len()),
            partition: Vec::with_capacity(items.len()),
            place: Vec::with_capacity(items.len()),
            body: Vec::with_capacity(items.len()),
        };
        for item in items {
            journaled.push(item);
        }
        (journaled.partitions, journaled.counts) = journaled.heads.iter().unzip();
        journaled
    }

    fn push(&mut self, item: &Item) {
        let place = self.heads.entry(item.partition).or_default();
        *place += 1;
        self.place.push(*place);
        self.execution.push(item.append.execution.uuid());
        self.seq.push(item.seq);
        self.partition.push(item.partition);
        self.body.push(item.body.clone());
    }

    /// The last statements of the transaction.
    pub(super) fn calls(&self) -> [Call<'_>; 2] {
        let lock = Call { sql: include_str!("sql/lock_heads.sql"), params: vec![&self.partitions] };
        let params: super::session::Params<'_> = vec![
            &self.partitions,
            &self.counts,
            &self.token,
            &JOURNAL_FORMAT,
            &self.execution,
            &self.seq,
            &self.partition,
            &self.place,
            &self.body,
        ];
        [lock, Call { sql: include_str!("sql/put_journal.sql"), params }]
    }
}
