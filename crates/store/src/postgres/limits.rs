//! Admission: which claims of limited task types find a place.
//!
//! The rows of the limits are locked in one order, then those of the executions; from there on the batch is
//! decided here, append by append, as if each were alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use segue_core::id::{ExecutionId, TaskId};
use segue_core::projection::Change;
use uuid::Uuid;

use super::batch::{Batch, Group, Item, column};
use super::failure::Failure;
use super::session::{Call, Session};
use crate::contract::{Admission, Appended};
use crate::rate::{self, Verdict};

/// What is left of a batch, and the new states of the rates.
pub(super) struct Admitted {
    pub(super) groups: Vec<Group>,
    key: Vec<String>,
    arrival_us: Vec<i64>,
}

impl Admitted {
    /// All of a batch without limits.
    pub(super) fn all(groups: Vec<Group>) -> Self {
        Self { groups, key: Vec::new(), arrival_us: Vec::new() }
    }

    pub(super) fn call(&self) -> Option<Call<'_>> {
        let sql = include_str!("sql/put_limits.sql");
        (!self.key.is_empty()).then(|| Call { sql, params: vec![&self.key, &self.arrival_us] })
    }
}

/// Locks what the decision rests on and decides. Who is not admitted gets an outcome and leaves the groups.
pub(super) async fn admit(
    session: &Session,
    batch: &Batch,
    groups: &[Group],
    outcomes: &mut [Appended],
) -> Result<Admitted, Failure> {
    let mut state = State::lock(session, batch, groups).await?;
    let mut groups_left: Vec<Group> =
        groups.iter().map(|group| Group { members: Vec::new(), ..group.clone() }).collect();
    let mut turns: Vec<(usize, usize)> = Vec::new();
    for (place, group) in groups.iter().enumerate() {
        turns.extend(group.members.iter().map(|index| (*index, place)));
    }
    turns.sort_unstable();
    let mut lost = BTreeSet::new();
    for (index, place) in turns {
        if lost.contains(&place) {
            continue;
        }
        let item = &batch.items[index];
        match state.judge(item) {
            Ok(()) => {
                state.apply(item);
                groups_left[place].members.push(index);
            }
            Err(outcome) => {
                outcomes[index] = outcome;
                lost.insert(place);
            }
        }
    }
    groups_left.retain(|group| !group.members.is_empty());
    let (key, arrival_us) = state.arrivals.into_iter().unzip();
    Ok(Admitted { groups: groups_left, key, arrival_us })
}

/// What the decision rests on.
struct State {
    /// The last seq of each execution; none for those that do not exist, -1 for removed ones.
    heads: HashMap<ExecutionId, i64>,
    stored_us: HashMap<String, i64>,
    /// What changed of them.
    arrivals: BTreeMap<String, i64>,
    holders: BTreeMap<TaskId, String>,
    held: HashMap<String, usize>,
    /// Who has a start key. Not locked: a start that loses to one that comes in between is found by its insert.
    owners: HashMap<(String, String), ExecutionId>,
}

impl State {
    async fn lock(session: &Session, batch: &Batch, groups: &[Group]) -> Result<Self, Failure> {
        let members = groups.iter().flat_map(|group| &group.members);
        let admissions = members.filter_map(|index| batch.items[*index].append.admission.as_ref());
        let keys: BTreeSet<String> = admissions.map(|admission| column(&admission.key)).collect();
        let keys: Vec<String> = keys.into_iter().collect();
        let ids: Vec<Uuid> = batch.ids();
        let starts = groups.iter().filter(|group| group.expected == 0);
        let (names, start_keys): (Vec<String>, Vec<String>) =
            starts.filter_map(|group| batch.items[group.members[0]].start_key()).unzip();
        let mut flight = session.flight();
        // Each statement sees what the one before waited for.
        let calls = vec![
            Call { sql: include_str!("sql/make_limits.sql"), params: vec![&keys] },
            Call { sql: include_str!("sql/lock_limits.sql"), params: vec![&keys] },
            Call { sql: include_str!("sql/lock_executions.sql"), params: vec![&ids] },
            Call { sql: include_str!("sql/limit_holders.sql"), params: vec![&keys] },
            Call { sql: include_str!("sql/existing_keys.sql"), params: vec![&names, &start_keys] },
        ];
        flight.calls(calls).await?;
        let mut answers = Vec::new();
        for answer in flight.land().await {
            answers.push(answer?);
        }
        let mut state = Self {
            heads: HashMap::new(),
            stored_us: HashMap::new(),
            arrivals: BTreeMap::new(),
            holders: BTreeMap::new(),
            held: HashMap::new(),
            owners: HashMap::new(),
        };
        for row in &answers[1] {
            if let Some(arrival_us) = row.try_get::<_, Option<i64>>(1)? {
                state.stored_us.insert(row.try_get(0)?, arrival_us);
            }
        }
        for row in &answers[2] {
            let seq = if row.try_get(2)? { -1 } else { row.try_get(1)? };
            state.heads.insert(super::read::execution_id(row.try_get(0)?)?, seq);
        }
        for row in &answers[3] {
            state.hold(super::read::task_id(row.try_get(0)?)?, Some(row.try_get(1)?));
        }
        for row in &answers[4] {
            let key = (row.try_get(0)?, row.try_get(1)?);
            state.owners.insert(key, super::read::execution_id(row.try_get(2)?)?);
        }
        Ok(state)
    }

    fn judge(&mut self, item: &Item) -> Result<(), Appended> {
        let head = self.heads.get(&item.append.execution).copied().unwrap_or(0);
        if head != item.seq - 1 {
            return Err(Appended::Conflict);
        }
        let key = if head == 0 { item.start_key() } else { None };
        if let Some(&existing) = key.as_ref().and_then(|key| self.owners.get(key)) {
            return Err(Appended::DuplicateKey { existing });
        }
        if let Some(admission) = &item.append.admission {
            self.admit(admission, item)?;
        }
        if let Some(key) = key {
            self.owners.insert(key, item.append.execution);
        }
        Ok(())
    }

    fn admit(&mut self, admission: &Admission, item: &Item) -> Result<(), Appended> {
        let key = column(&admission.key);
        if let Some(count_max) = admission.concurrent_max {
            let own = usize::from(self.holders.get(&admission.task) == Some(&key));
            if self.held.get(&key).map_or(0, |held| held - own) >= count_max as usize {
                return Err(Appended::NotAdmitted { retry_at: None });
            }
        }
        let Some(limit) = admission.rate else { return Ok(()) };
        let stored_us = self.arrivals.get(&key).or_else(|| self.stored_us.get(&key)).copied();
        match rate::judge(limit, stored_us, item.append.record.at) {
            Verdict::Refused { retry_at } => Err(Appended::NotAdmitted { retry_at }),
            Verdict::Admitted { arrival_us } => {
                self.arrivals.insert(key, arrival_us);
                Ok(())
            }
        }
    }

    fn apply(&mut self, item: &Item) {
        let execution = item.append.execution;
        self.heads.insert(execution, item.seq);
        for change in &item.changes {
            match change {
                Change::Leased(lease) => self.hold(lease.task, lease.slot.as_deref().map(column)),
                Change::Settled(task) => self.hold(*task, None),
                Change::AllSettled => {
                    let own = execution.task(1)..=execution.task(u32::MAX);
                    let tasks: Vec<TaskId> = self.holders.range(own).map(|(task, _)| *task).collect();
                    tasks.into_iter().for_each(|task| self.hold(task, None));
                }
                _ => {}
            }
        }
    }

    /// The attempt occupies this limit and no other.
    fn hold(&mut self, task: TaskId, slot: Option<String>) {
        let before = match slot {
            Some(slot) => {
                *self.held.entry(slot.clone()).or_default() += 1;
                self.holders.insert(task, slot)
            }
            None => self.holders.remove(&task),
        };
        if let Some(held) = before.and_then(|slot| self.held.get_mut(&slot)) {
            *held = held.saturating_sub(1);
        }
    }
}
