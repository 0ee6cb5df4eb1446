//! One append call: at most a handful of statements in two flights, whatever the batch's size.
//!
//! First flight: the compare-and-swap, which says who wins. Second: all that the winners write, the
//! positions last, and the commit. The locks of the heads are held for the last statement and the commit only.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;

use tokio_postgres::Row;
use uuid::Uuid;

use super::PostgresStore;
use super::batch::{Batch, Group, Item};
use super::carried::{Carried, Journaled};
use super::delta::Delta;
use super::failure::{Failure, Retry};
use super::limits::{self, Admitted};
use super::read::{execution_id, unsigned};
use super::rows::{Advances, Starts};
use super::session::{Call, Session};
use crate::contract::{self, Append, Appended};

/// How a try went.
enum Tried {
    /// Committed, or nobody won.
    Done(Vec<Appended>),
    /// A start lost after places were given out; the batch is decided again without it.
    Without(Vec<(usize, Appended)>),
}

impl PostgresStore {
    pub(super) async fn append_batch(&self, appends: Vec<Append>) -> contract::Result<Vec<Appended>> {
        let batch = Batch::new(appends, self.partitions);
        if batch.groups.is_empty() {
            return Ok(batch.outcomes());
        }
        let mut retry = Retry::new();
        let mut settled = Vec::new();
        // The answer of the try whose commit was not answered.
        let mut doubt = None;
        loop {
            match self.try_append(&batch, &settled, &mut doubt).await {
                Ok(Tried::Done(outcomes)) => {
                    self.count(&batch, &outcomes);
                    return Ok(outcomes);
                }
                Ok(Tried::Without(lost)) => settled.extend(lost),
                Err(failure) => retry.after(failure).await?,
            }
        }
    }

    async fn try_append(
        &self,
        batch: &Batch,
        settled: &[(usize, Appended)],
        doubt: &mut Option<Vec<Appended>>,
    ) -> Result<Tried, Failure> {
        let mut outcomes = batch.outcomes();
        let mut groups = batch.groups.clone();
        for (index, outcome) in settled {
            outcomes[*index] = outcome.clone();
            groups.retain(|group| group.members[0] != *index);
        }
        let mut session = self.session().await?;
        let is_limited = batch.has_admission();
        let admitted = if is_limited {
            session.begin().await?;
            limits::admit(&session, batch, &groups, &mut outcomes).await?
        } else {
            Admitted::all(groups)
        };
        let winners = swap(&mut session, batch, &admitted.groups, is_limited).await?;
        if let Some(earlier) = doubt.take()
            && let Some(outcomes) = committed_earlier(&session, batch, earlier).await?
        {
            session.rollback().await?;
            return Ok(Tried::Done(outcomes));
        }
        let (won, lost): (Vec<&Group>, Vec<&Group>) =
            admitted.groups.iter().partition(|group| winners.contains(&group.execution.uuid()));
        let refused = refusals(&session, batch, &lost).await?;
        if is_limited && !refused.is_empty() {
            session.rollback().await?;
            return Ok(Tried::Without(refused));
        }
        for (index, outcome) in refused {
            outcomes[index] = outcome;
        }
        if won.is_empty() {
            session.rollback().await?;
            return Ok(Tried::Done(outcomes));
        }
        let winners: Vec<usize> = won.iter().flat_map(|group| group.members.iter().copied()).collect();
        match self.write(&mut session, batch, winners, &admitted).await {
            Ok(rows) => set_positions(batch, &mut outcomes, &rows)?,
            Err((failure, winners)) => {
                if matches!(failure, Failure::Doubtful(_)) {
                    for index in winners {
                        outcomes[index] = Appended::Committed { position: 0 };
                    }
                    *doubt = Some(outcomes);
                }
                return Err(failure);
            }
        }
        Ok(Tried::Done(outcomes))
    }

    /// Writes what the winners carry and commits.
    async fn write(
        &self,
        session: &mut Session,
        batch: &Batch,
        mut winners: Vec<usize>,
        admitted: &Admitted,
    ) -> Result<Vec<Row>, (Failure, Vec<usize>)> {
        winners.sort_unstable();
        let items: Vec<&Item> = winners.iter().map(|index| &batch.items[*index]).collect();
        let mut delta = Delta::default();
        items.iter().for_each(|item| delta.add(item.append.execution, &item.changes));
        let (columns, carried, journal) =
            (delta.columns(), Carried::of(&items), Journaled::of(&items, batch));
        let mut calls = columns.calls();
        calls.extend(carried.calls());
        calls.extend(admitted.call());
        calls.extend(journal.calls());
        let answers = match fly(session, calls).await {
            Ok(answers) => answers,
            Err(failure) => return Err((failure, winners)),
        };
        session.committed();
        if delta.is_for_others() {
            self.changes.announce();
        }
        // The commit's answer is the last, the journal's the one before.
        Ok(answers.into_iter().rev().nth(1).unwrap_or_default())
    }

    fn count(&self, batch: &Batch, outcomes: &[Appended]) {
        self.counters.commits.fetch_add(1, Ordering::Relaxed);
        for (item, outcome) in batch.items.iter().zip(outcomes) {
            if matches!(outcome, Appended::Committed { .. }) {
                let lines: usize = item.append.logs.iter().map(|line| line.text.len()).sum();
                let bodies: usize = item.append.blueprints.iter().map(|found| found.body.text().len()).sum();
                self.counters.records.fetch_add(1, Ordering::Relaxed);
                self.counters.bytes.fetch_add((item.body.len() + lines + bodies) as u64, Ordering::Relaxed);
            }
        }
    }
}

/// Sends the calls, and the commit behind them; the first error decides.
async fn fly(session: &Session, calls: Vec<Call<'_>>) -> Result<Vec<Vec<Row>>, Failure> {
    let commit_at = calls.len();
    let mut flight = session.flight();
    flight.calls(calls).await?;
    flight.text("COMMIT").await?;
    let mut rows = Vec::new();
    for (place, answer) in flight.land().await.into_iter().enumerate() {
        match answer {
            Ok(answer) => rows.push(answer),
            // A statement that failed by itself has undone the transaction; a connection that broke may
            // have broken behind the commit.
            Err(cause) if place == commit_at || cause.code().is_none() => {
                return Err(Failure::of_commit(&cause));
            }
            Err(cause) => return Err(cause.into()),
        }
    }
    Ok(rows)
}

/// Takes each execution from its expected seq to its new one; says for which that succeeded.
async fn swap(
    session: &mut Session,
    batch: &Batch,
    groups: &[Group],
    has_begun: bool,
) -> Result<HashSet<Uuid>, Failure> {
    let (starts, advances) = (Starts::of(batch, groups), Advances::of(batch, groups));
    let calls: Vec<Call<'_>> = starts.call().into_iter().chain(advances.call()).collect();
    if !has_begun {
        session.enter();
    }
    let mut flight = session.flight();
    if !has_begun {
        flight.text("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    }
    flight.calls(calls).await?;
    let mut winners = HashSet::new();
    for answer in flight.land().await {
        for row in answer? {
            winners.insert(row.try_get(0)?);
        }
    }
    Ok(winners)
}

/// If the try whose commit was not answered did commit: its answer. The swap has waited for that
/// transaction's end, because it wants the same rows.
async fn committed_earlier(
    session: &Session,
    batch: &Batch,
    mut outcomes: Vec<Appended>,
) -> Result<Option<Vec<Appended>>, Failure> {
    let rows = session.rows(include_str!("sql/written_by_batch.sql"), &[&batch.ids(), &batch.token]).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    set_positions(batch, &mut outcomes, &rows)?;
    Ok(Some(outcomes))
}

/// Why starts lost that somebody else came before. A lost advance is a conflict and needs no reason.
async fn refusals(
    session: &Session,
    batch: &Batch,
    lost: &[&Group],
) -> Result<Vec<(usize, Appended)>, Failure> {
    let starts: Vec<&&Group> = lost.iter().filter(|group| group.expected == 0).collect();
    if starts.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = starts.iter().map(|group| group.execution.uuid()).collect();
    let mut existing = HashSet::new();
    for row in session.rows(include_str!("sql/existing_ids.sql"), &[&ids]).await? {
        existing.insert(row.try_get::<_, Uuid>(0)?);
    }
    let key_of = |group: &Group| batch.items[group.members[0]].start_key();
    let (names, keys): (Vec<String>, Vec<String>) = starts.iter().filter_map(|group| key_of(group)).unzip();
    let mut owners = HashMap::new();
    for row in session.rows(include_str!("sql/existing_keys.sql"), &[&names, &keys]).await? {
        let key: (String, String) = (row.try_get(0)?, row.try_get(1)?);
        owners.insert(key, execution_id(row.try_get(2)?)?);
    }
    let refusal = |group: &Group| {
        if existing.contains(&group.execution.uuid()) {
            return Ok((group.members[0], Appended::Conflict));
        }
        let owner = key_of(group).and_then(|key| owners.get(&key).copied());
        owner
            .map(|existing| (group.members[0], Appended::DuplicateKey { existing }))
            // Whoever came before was removed since.
            .ok_or_else(|| {
                Failure::Again("an execution was removed while its start key was looked up".into())
            })
    };
    starts.into_iter().map(|group| refusal(group)).collect()
}

fn set_positions(batch: &Batch, outcomes: &mut [Appended], rows: &[Row]) -> Result<(), Failure> {
    let mut positions = HashMap::with_capacity(rows.len());
    for row in rows {
        let key: (Uuid, i64) = (row.try_get(0)?, row.try_get(1)?);
        positions.insert(key, unsigned(row.try_get(2)?));
    }
    for group in &batch.groups {
        for index in &group.members {
            let item = &batch.items[*index];
            if let Some(position) = positions.remove(&(item.append.execution.uuid(), item.seq)) {
                outcomes[*index] = Appended::Committed { position };
            }
        }
    }
    Ok(())
}
