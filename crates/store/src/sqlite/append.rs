//! What becomes of each append, within the open transaction. This is the hot path: a step costs one row.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use segue_core::id::{BlueprintHash, ExecutionId};
use segue_core::projection::{self, Change};
use segue_core::record::FORMAT;
use segue_core::table::HashSet;
use segue_core::time::Timestamp;

use super::codec::{self, signed, task_bytes};
use super::flush;
use super::heads::Heads;
use super::limits::{Judgement, Limits};
use crate::contract::{Admission, Append, Appended, Blueprint, LogLine};
use crate::fold;

/// Blueprints that are known to be stored.
const BLUEPRINTS_MAX: usize = 10_000;

/// What a removed execution's head counts as: no append expects it.
const REMOVED: u64 = u64::MAX;

/// An append with everything computed that needs no database, done on the caller's thread.
pub(super) struct Prepared {
    pub(super) execution: ExecutionId,
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) changes: Vec<Change>,
    pub(super) bytes: u64,
    body: Vec<u8>,
    start_key: Option<(Arc<str>, Arc<str>)>,
    admission: Option<Admission>,
    logs: Vec<LogLine>,
    blueprints: Vec<Blueprint>,
}

impl Prepared {
    pub(super) fn of(append: Append) -> Self {
        let seq = append.expected_seq.saturating_add(1);
        let body = append.record.encode();
        let logs = append.logs.iter().map(|line| line.text.len());
        let blueprints = append.blueprints.iter().map(|blueprint| blueprint.body.text().len());
        Self {
            execution: append.execution,
            seq,
            at: append.record.at,
            changes: projection::changes(append.execution, seq, &append.record),
            bytes: (body.len() + logs.sum::<usize>() + blueprints.sum::<usize>()) as u64,
            body,
            start_key: fold::start_key(seq, &append.record),
            admission: append.admission,
            logs: append.logs,
            blueprints: append.blueprints,
        }
    }
}

/// What the writer knows without asking the database. [`Known::take_back`] undoes everything since [`Known::keep`].
pub(super) struct Known {
    pub(super) heads: Heads,
    pub(super) limits: Limits,
    blueprints: HashSet<BlueprintHash>,
}

impl Known {
    pub(super) fn new(limits: Limits) -> Self {
        Self { heads: Heads::default(), limits, blueprints: HashSet::default() }
    }

    pub(super) fn keep(&mut self) {
        self.limits.keep();
    }

    pub(super) fn take_back(&mut self) {
        self.heads.clear();
        self.blueprints.clear();
        self.limits.take_back();
    }

    /// Decides and writes one call's appends, in order.
    pub(super) fn append_all(
        &mut self,
        connection: &Connection,
        batch: &[Prepared],
    ) -> rusqlite::Result<Vec<Appended>> {
        let mut lost = HashSet::default();
        let mut outcomes = Vec::with_capacity(batch.len());
        for append in batch {
            let outcome = if lost.contains(&append.execution) {
                Appended::Conflict
            } else {
                self.append(connection, append)?
            };
            if !matches!(outcome, Appended::Committed { .. }) {
                lost.insert(append.execution);
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    fn append(&mut self, connection: &Connection, append: &Prepared) -> rusqlite::Result<Appended> {
        if self.head(connection, append.execution)?.checked_add(1) != Some(append.seq) {
            return Ok(Appended::Conflict);
        }
        if let Some((name, key)) = &append.start_key
            && let Some(existing) = owner(connection, name, key)?
        {
            return Ok(Appended::DuplicateKey { existing });
        }
        if let Some(admission) = &append.admission {
            match self.limits.judge(admission, append.at) {
                Judgement::Refused { retry_at } => return Ok(Appended::NotAdmitted { retry_at }),
                Judgement::Admitted { arrival_us: None } => {}
                Judgement::Admitted { arrival_us: Some(arrival_us) } => {
                    self.limits.use_rate(&admission.key, arrival_us);
                    let sql = "INSERT OR REPLACE INTO rates (key, arrival_us) VALUES (?1, ?2)";
                    connection.prepare_cached(sql)?.execute(params![admission.key, arrival_us])?;
                }
            }
        }
        if let Some((name, key)) = &append.start_key {
            flush::put_start_key(connection, name, key, append.execution)?;
        }
        let position = insert_record(connection, append)?;
        insert_logs(connection, &append.logs)?;
        self.insert_blueprints(connection, &append.blueprints)?;
        self.heads.put(append.execution, append.seq);
        self.limits.apply(append.execution, &append.changes);
        Ok(Appended::Committed { position })
    }

    fn head(&mut self, connection: &Connection, execution: ExecutionId) -> rusqlite::Result<u64> {
        if let Some(seq) = self.heads.get(execution) {
            return Ok(seq);
        }
        let stored: i64 = connection
            .prepare_cached(include_str!("sql/head.sql"))?
            .query_row([execution.to_bytes()], |row| row.get(0))?;
        Ok(u64::try_from(stored).unwrap_or(REMOVED))
    }

    fn insert_blueprints(
        &mut self,
        connection: &Connection,
        blueprints: &[Blueprint],
    ) -> rusqlite::Result<()> {
        for blueprint in blueprints {
            if self.blueprints.contains(&blueprint.hash) {
                continue;
            }
            let sql = "INSERT INTO blueprints (hash, body) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            connection
                .prepare_cached(sql)?
                .execute(params![blueprint.hash.to_string(), blueprint.body.text()])?;
            if self.blueprints.len() >= BLUEPRINTS_MAX {
                self.blueprints.clear();
            }
            self.blueprints.insert(blueprint.hash);
        }
        Ok(())
    }
}

fn insert_record(connection: &Connection, append: &Prepared) -> rusqlite::Result<u64> {
    let sql = "INSERT INTO journal (execution, seq, at, format, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.prepare_cached(sql)?.execute(params![
        append.execution.to_bytes(),
        signed(append.seq),
        append.at.0,
        FORMAT,
        append.body
    ])?;
    let position = connection.last_insert_rowid();
    u64::try_from(position).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, position))
}

fn insert_logs(connection: &Connection, logs: &[LogLine]) -> rusqlite::Result<()> {
    for line in logs {
        connection
            .prepare_cached("INSERT INTO logs (task, at, text) VALUES (?1, ?2, ?3)")?
            .execute(params![task_bytes(line.task), line.at.0, line.text])?;
    }
    Ok(())
}

fn owner(connection: &Connection, name: &str, key: &str) -> rusqlite::Result<Option<ExecutionId>> {
    connection
        .prepare_cached("SELECT execution FROM start_keys WHERE name = ?1 AND key = ?2")?
        .query_row([name, key], |row| codec::execution_id(row, 0))
        .optional()
}
