//! An append call before the database is asked: what can win, and what each winner would write.

use std::borrow::Cow;
use std::collections::HashMap;

use segue_core::id::ExecutionId;
use segue_core::projection::{self, Change};
use uuid::Uuid;

use crate::contract::{Append, Appended};

/// All appends of one call.
pub(super) struct Batch {
    pub(super) items: Vec<Item>,
    /// The appends of one execution each, by id, so that every batch locks in the same order.
    pub(super) groups: Vec<Group>,
    /// Names the call in every journal row that it writes.
    pub(super) token: i64,
}

/// One append with what follows from it.
pub(super) struct Item {
    pub(super) append: Append,
    pub(super) seq: i64,
    pub(super) partition: i32,
    pub(super) body: Vec<u8>,
    pub(super) changes: Vec<Change>,
}

/// The appends of one execution that build on one another, as indexes of items, in order. All of them are one
/// update of its row.
#[derive(Clone)]
pub(super) struct Group {
    pub(super) execution: ExecutionId,
    /// What the first one expects.
    pub(super) expected: i64,
    pub(super) members: Vec<usize>,
}

impl Batch {
    pub(super) fn new(appends: Vec<Append>, partitions: u32) -> Self {
        let items: Vec<Item> = appends.into_iter().map(|append| Item::new(append, partitions)).collect();
        let token = Uuid::now_v7().as_u128() as i64;
        Self { groups: groups(&items), items, token }
    }

    /// The answers before anything is known: nobody wins who is in no group.
    pub(super) fn outcomes(&self) -> Vec<Appended> {
        vec![Appended::Conflict; self.items.len()]
    }

    pub(super) fn has_admission(&self) -> bool {
        self.items.iter().any(|item| item.append.admission.is_some())
    }

    pub(super) fn ids(&self) -> Vec<Uuid> {
        self.groups.iter().map(|group| group.execution.uuid()).collect()
    }
}

impl Item {
    fn new(append: Append, partitions: u32) -> Self {
        let seq = append.expected_seq.saturating_add(1);
        Self {
            seq: number(seq),
            partition: (append.root.spread() % u64::from(partitions.max(1))) as i32,
            body: append.record.encode(),
            changes: projection::changes(append.execution, seq, &append.record),
            append,
        }
    }

    /// The name and start key of the execution that it starts, as columns.
    pub(super) fn start_key(&self) -> Option<(String, String)> {
        self.changes.iter().find_map(|change| match change {
            Change::Started(started) => Some((column(&started.name), column(started.start_key.as_deref()?))),
            _ => None,
        })
    }

    /// True if the record says how the execution came to be, as every first one does.
    fn starts(&self) -> bool {
        self.changes.iter().any(|change| matches!(change, Change::Started(_)))
    }
}

fn groups(items: &[Item]) -> Vec<Group> {
    let mut places: HashMap<ExecutionId, (usize, bool)> = HashMap::with_capacity(items.len());
    let mut groups: Vec<Group> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let execution = item.append.execution;
        let expected = number(item.append.expected_seq);
        if let Some((place, broken)) = places.get_mut(&execution) {
            let group = &mut groups[*place];
            let is_next = expected == group.expected + number(group.members.len() as u64);
            // The first that does not build on the one before loses, and so do all behind it.
            *broken |= !is_next;
            if !*broken {
                group.members.push(index);
            }
        } else {
            places.insert(execution, (groups.len(), false));
            let members = if expected > 0 || item.starts() { vec![index] } else { Vec::new() };
            groups.push(Group { execution, expected, members });
        }
    }
    groups.retain(|group| !group.members.is_empty());
    groups.sort_unstable_by_key(|group| group.execution);
    groups
}

/// A count as the database keeps it. No store lives to see the difference.
pub(super) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// PostgreSQL's text cannot hold the character NUL; its picture stands in for it.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{2400}")) } else { Cow::Borrowed(text) }
}

/// The same as an owned column value.
pub(super) fn column(value: &str) -> String {
    text(value).into_owned()
}
