//! The rows of `executions` that are written, as columns for set-based statements.

use segue_core::event::ExecutionStarted;
use segue_core::id::ExecutionId;
use segue_core::projection::Change;
use uuid::Uuid;

use super::batch::{Batch, Group, Item, column, number};
use super::session::{Call, Params};
use crate::contract::ExecutionRow;
use crate::fold;

/// Executions that begin to exist.
#[derive(Default)]
pub(super) struct Starts {
    id: Vec<Uuid>,
    root: Vec<Uuid>,
    partition: Vec<i32>,
    seq: Vec<i64>,
    name: Vec<String>,
    version: Vec<i64>,
    status: Vec<&'static str>,
    correlation_id: Vec<Option<String>>,
    priority: Vec<i16>,
    parent: Vec<Option<Uuid>>,
    parent_execution: Vec<Option<Uuid>>,
    started_at: Vec<i64>,
    updated_at: Vec<i64>,
    ended_at: Vec<Option<i64>>,
    reason: Vec<Option<String>>,
    blueprint: Vec<String>,
    wake_at: Vec<Option<i64>>,
    start_key: Vec<Option<String>>,
}

impl Starts {
    /// Those with a start key come ordered by key, then in the batch's order, so that two of one key in one
    /// batch are decided as they came.
    pub(super) fn of(batch: &Batch, groups: &[Group]) -> Self {
        let mut groups: Vec<&Group> = groups.iter().filter(|group| group.expected == 0).collect();
        groups.sort_by_cached_key(|group| {
            let first = group.members[0];
            let key = batch.items[first].start_key().map(|key| (key, first));
            (key, group.execution)
        });
        let mut starts = Self::default();
        for group in groups {
            let first = &batch.items[group.members[0]];
            if let Some((row, started)) = begun(group.members.iter().map(|index| &batch.items[*index])) {
                starts.push(&row, started.start_key.as_deref(), first.append.root, first.partition);
            }
        }
        starts
    }

    pub(super) fn push(
        &mut self,
        row: &ExecutionRow,
        start_key: Option<&str>,
        root: ExecutionId,
        partition: i32,
    ) {
        self.id.push(row.id.uuid());
        self.root.push(root.uuid());
        self.partition.push(partition);
        self.seq.push(number(row.seq));
        self.name.push(column(&row.name));
        self.version.push(i64::from(row.version));
        self.status.push(row.status.as_str());
        self.correlation_id.push(row.correlation_id.as_deref().map(column));
        self.priority.push(i16::from(row.priority));
        self.parent.push(row.parent.map(|task| task.uuid()));
        self.parent_execution.push(row.parent.map(|task| task.execution().uuid()));
        self.started_at.push(row.started_at.0);
        self.updated_at.push(row.updated_at.0);
        self.ended_at.push(row.ended_at.map(|at| at.0));
        self.reason.push(row.reason.as_deref().map(column));
        self.blueprint.push(row.blueprint.to_string());
        self.wake_at.push(row.wake_at.map(|at| at.0));
        self.start_key.push(start_key.map(column));
    }

    pub(super) fn call(&self) -> Option<Call<'_>> {
        let sql = include_str!("sql/start_executions.sql");
        (!self.id.is_empty()).then(|| Call { sql, params: self.params() })
    }

    /// In the order of the statements that take them.
    pub(super) fn params(&self) -> Params<'_> {
        vec![
            &self.id,
            &self.root,
            &self.partition,
            &self.seq,
            &self.name,
            &self.version,
            &self.status,
            &self.correlation_id,
            &self.priority,
            &self.parent,
            &self.parent_execution,
            &self.started_at,
            &self.updated_at,
            &self.ended_at,
            &self.reason,
            &self.blueprint,
            &self.wake_at,
            &self.start_key,
        ]
    }
}

/// Executions that go on.
#[derive(Default)]
pub(super) struct Advances {
    id: Vec<Uuid>,
    expected: Vec<i64>,
    seq: Vec<i64>,
    updated_at: Vec<i64>,
    wake_at: Vec<Option<i64>>,
    status: Vec<Option<&'static str>>,
    reason: Vec<Option<String>>,
    ended_at: Vec<Option<i64>>,
    version: Vec<Option<i64>>,
    blueprint: Vec<Option<String>>,
    correlation_id: Vec<Option<String>>,
    started_at: Vec<Option<i64>>,
}

impl Advances {
    pub(super) fn of(batch: &Batch, groups: &[Group]) -> Self {
        let mut advances = Self::default();
        for group in groups.iter().filter(|group| group.expected > 0) {
            advances.id.push(group.execution.uuid());
            advances.expected.push(group.expected);
            advances.push(group.members.iter().map(|index| &batch.items[*index]));
        }
        advances
    }

    /// What the records of one group come to.
    fn push<'a>(&mut self, items: impl Iterator<Item = &'a Item>) {
        let (mut seq, mut updated_at, mut wake_at) = (0, 0, None);
        let (mut status, mut reason, mut ended_at) = (None, None, None);
        let (mut redefined, mut started_at): (Option<&ExecutionStarted>, _) = (None, None);
        for item in items {
            let at = item.append.record.at;
            (seq, updated_at) = (item.seq, at.0);
            for change in &item.changes {
                match change {
                    Change::Status(new, why) => {
                        status = Some(new.as_str());
                        reason = why.as_deref().map(column);
                        ended_at = new.is_terminal().then_some(at.0);
                    }
                    Change::Redefined(started, since) => {
                        redefined = Some(started);
                        started_at = since.map(|at| at.0).or(started_at);
                    }
                    Change::WakeAt(new) => wake_at = new.map(|at| at.0),
                    _ => {}
                }
            }
        }
        self.seq.push(seq);
        self.updated_at.push(updated_at);
        self.wake_at.push(wake_at);
        self.status.push(status);
        self.reason.push(reason);
        self.ended_at.push(ended_at);
        self.version.push(redefined.map(|started| i64::from(started.version)));
        self.blueprint.push(redefined.map(|started| started.blueprint.to_string()));
        let correlation_id = redefined.and_then(|started| started.correlation_id.as_deref());
        self.correlation_id.push(correlation_id.map(column));
        self.started_at.push(started_at);
    }

    pub(super) fn call(&self) -> Option<Call<'_>> {
        let params: Params<'_> = vec![
            &self.id,
            &self.expected,
            &self.seq,
            &self.updated_at,
            &self.wake_at,
            &self.status,
            &self.reason,
            &self.ended_at,
            &self.version,
            &self.blueprint,
            &self.correlation_id,
            &self.started_at,
        ];
        let sql = include_str!("sql/advance_executions.sql");
        (!self.id.is_empty()).then_some(Call { sql, params })
    }
}

/// The row of an execution whose first records these are.
fn begun<'a>(items: impl Iterator<Item = &'a Item>) -> Option<(ExecutionRow, &'a ExecutionStarted)> {
    let mut begun: Option<(ExecutionRow, &ExecutionStarted)> = None;
    for item in items {
        let (at, seq) = (item.append.record.at, item.append.expected_seq + 1);
        for change in &item.changes {
            match (change, &mut begun) {
                (Change::Started(started), begun) => {
                    *begun = Some((fold::begun(item.append.execution, seq, at, started), started));
                }
                (change, Some((row, _))) => fold_change(row, change, at),
                _ => {}
            }
        }
        if let Some((row, _)) = &mut begun {
            (row.seq, row.updated_at) = (seq, at);
        }
    }
    begun
}

/// What a change does to an execution's row.
pub(super) fn fold_change(row: &mut ExecutionRow, change: &Change, at: segue_core::time::Timestamp) {
    match change {
        Change::Status(status, reason) => fold::set_status(row, *status, reason.clone(), at),
        Change::Redefined(started, since) => fold::redefine(row, started, *since),
        Change::WakeAt(wake_at) => row.wake_at = *wake_at,
        _ => {}
    }
}
