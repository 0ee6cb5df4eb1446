//! The rows of `executions` that a batch writes, as columns for set-based statements.

use segue_core::event::ExecutionStarted;
use segue_core::projection::Change;
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;
use uuid::Uuid;

use super::batch::{Batch, Group, Item, column};
use super::session::Call;

/// What the records of a group come to.
struct Folded<'a> {
    started: Option<(&'a ExecutionStarted, Timestamp)>,
    seq: i64,
    updated_at: i64,
    wake_at: Option<i64>,
    status: Option<ExecutionStatus>,
    reason: Option<String>,
    ended_at: Option<i64>,
}

impl<'a> Folded<'a> {
    fn of<'i>(items: impl Iterator<Item = &'i Item>) -> Self
    where
        'i: 'a,
    {
        let mut folded = Self {
            started: None,
            seq: 0,
            updated_at: 0,
            wake_at: None,
            status: None,
            reason: None,
            ended_at: None,
        };
        for item in items {
            folded.add(item);
        }
        folded
    }

    fn add(&mut self, item: &'a Item) {
        let at = item.append.record.at;
        self.seq = item.seq;
        self.updated_at = at.0;
        for change in &item.changes {
            match change {
                Change::Started(started) => self.started = Some((started, at)),
                Change::Status(status, reason) => {
                    self.status = Some(*status);
                    self.reason = reason.as_deref().map(column);
                    self.ended_at = status.is_terminal().then_some(at.0);
                }
                Change::WakeAt(wake_at) => self.wake_at = wake_at.map(|at| at.0),
                _ => {}
            }
        }
    }
}

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
        let mut folded: Vec<_> = groups
            .iter()
            .filter(|group| group.expected == 0)
            .filter_map(|group| {
                let folded = Folded::of(group.members.iter().map(|index| &batch.items[*index]));
                Some((folded.started?, folded, group))
            })
            .collect();
        folded.sort_by_key(|((started, _), _, group)| {
            let key = started.start_key.as_deref().map(|key| (key, &*started.name, group.members[0]));
            (key, group.execution)
        });
        let mut starts = Self::default();
        for ((started, at), folded, group) in folded {
            let first = &batch.items[group.members[0]];
            starts.push(first, started, at, folded);
        }
        starts
    }

    fn push(&mut self, first: &Item, started: &ExecutionStarted, at: Timestamp, folded: Folded<'_>) {
        self.id.push(first.append.execution.uuid());
        self.root.push(first.append.root.uuid());
        self.partition.push(first.partition);
        self.seq.push(folded.seq);
        self.name.push(column(&started.name));
        self.version.push(i64::from(started.version));
        self.status.push(folded.status.unwrap_or(ExecutionStatus::Running).as_str());
        self.correlation_id.push(started.correlation_id.as_deref().map(column));
        self.priority.push(i16::from(started.priority));
        self.parent.push(started.parent.map(|task| task.uuid()));
        self.parent_execution.push(started.parent.map(|task| task.execution().uuid()));
        self.started_at.push(at.0);
        self.updated_at.push(folded.updated_at);
        self.ended_at.push(folded.ended_at);
        self.reason.push(folded.reason);
        self.blueprint.push(started.blueprint.to_string());
        self.wake_at.push(folded.wake_at);
        self.start_key.push(started.start_key.as_deref().map(column));
    }

    pub(super) fn call(&self) -> Option<Call<'_>> {
        let params: super::session::Params<'_> = vec![
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
        ];
        let sql = include_str!("sql/start_executions.sql");
        (!self.id.is_empty()).then_some(Call { sql, params })
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
}

impl Advances {
    pub(super) fn of(batch: &Batch, groups: &[Group]) -> Self {
        let mut advances = Self::default();
        for group in groups.iter().filter(|group| group.expected > 0) {
            let folded = Folded::of(group.members.iter().map(|index| &batch.items[*index]));
            advances.id.push(group.execution.uuid());
            advances.expected.push(group.expected);
            advances.seq.push(folded.seq);
            advances.updated_at.push(folded.updated_at);
            advances.wake_at.push(folded.wake_at);
            advances.status.push(folded.status.map(ExecutionStatus::as_str));
            advances.reason.push(folded.reason);
            advances.ended_at.push(folded.ended_at);
        }
        advances
    }

    pub(super) fn call(&self) -> Option<Call<'_>> {
        let params: super::session::Params<'_> = vec![
            &self.id,
            &self.expected,
            &self.seq,
            &self.updated_at,
            &self.wake_at,
            &self.status,
            &self.reason,
            &self.ended_at,
        ];
        let sql = include_str!("sql/advance_executions.sql");
        (!self.id.is_empty()).then_some(Call { sql, params })
    }
}
