//! One execution in memory.

use std::collections::VecDeque;

use segue_core::event::Event;
use segue_core::execution::Execution;
use segue_core::id::TaskId;
use segue_core::projection::Ready;
use segue_core::record::Record;
use segue_core::time::Timestamp;

use super::requests::{Reader, Request, Settled};

/// What a load found.
#[derive(Debug)]
pub enum Loadable {
    /// There is no such execution.
    Missing,
    /// The whole state as of `seq`, and how many records it took since the last snapshot.
    Whole {
        /// The state.
        execution: Box<Execution>,
        /// Its last record.
        seq: u64,
        /// Records since the last snapshot.
        tail: u64,
        /// Leases extended beyond what the journal says.
        extended: Vec<(TaskId, Timestamp)>,
    },
    /// What came after the state in memory.
    Tail {
        /// The records with their seqs, without gap.
        records: Vec<(u64, Record)>,
        /// Leases extended beyond what the journal says.
        extended: Vec<(TaskId, Timestamp)>,
    },
}

pub(super) enum Slot {
    /// On its way from the store, with what waits for it.
    Loading(Backlog),
    Live(Box<Live>),
}

#[derive(Default)]
pub(super) struct Backlog {
    pub(super) requests: Vec<Request>,
    pub(super) claims: Vec<(u64, Ready)>,
}

pub(super) struct Live {
    /// The head: uncommitted events included.
    pub(super) exec: Execution,
    pub(super) head_seq: u64,
    pub(super) committed_seq: u64,
    /// Events of claims that wait for a record to ride in; folded already.
    pub(super) held: Vec<Event>,
    /// Answers that wait until the record with this seq is committed.
    pub(super) answers: VecDeque<(u64, Answer)>,
    /// Requests that wait until the state is known to be the store's present one.
    pub(super) stale: Option<Backlog>,
    pub(super) armed: Option<Timestamp>,
    pub(super) touched: bool,
    pub(super) tail: u64,
}

pub(super) enum Answer {
    Read(Box<dyn Reader>),
    Settled(Request, Settled),
}

impl Live {
    pub(super) fn new(exec: Execution, seq: u64, tail: u64) -> Box<Self> {
        Box::new(Self {
            exec,
            head_seq: seq,
            committed_seq: seq,
            held: Vec::new(),
            answers: VecDeque::new(),
            stale: None,
            armed: None,
            touched: true,
            tail,
        })
    }

    /// Nothing is under way, so it can be forgotten and loaded again.
    pub(super) fn is_idle(&self) -> bool {
        self.head_seq == self.committed_seq
            && self.held.is_empty()
            && self.answers.is_empty()
            && self.stale.is_none()
    }

    pub(super) fn is_committed(&self) -> bool {
        self.head_seq == self.committed_seq
    }
}
