//! Random operations from a seed, and what a store answers to them.

use std::collections::HashMap;

use segue_core::event::{Event, QueueName};
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::record::{MessageBody, MessageId};
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;

use super::dice::{Dice, EXECUTIONS, NAMES, index_entry, search, task_filter, task_search};
use super::draft::{Draft, START, execution, started};
use crate::contract::{
    Append, Appended, CatalogEntry, Filter, IndexEntry, Overwrite, Rate, SearchRequest, Shelf, Snapshot,
    TaskField, WindowRequest,
};

/// Something that a store can be asked.
#[derive(Debug, Clone)]
pub(super) enum Operation {
    Append(Vec<Append>),
    Load(ExecutionId, u64),
    PutSnapshot(ExecutionId, Snapshot),
    Logs(ExecutionId, u32),
    Messages(Option<MessageId>, usize),
    Blueprint(BlueprintHash),
    Window(WindowRequest),
    QueueSizes,
    SlotHolders(&'static str),
    RateArrival(&'static str),
    Due(i64, usize),
    Lost(usize),
    Search(SearchRequest),
    SearchTasks(SearchRequest<TaskField>),
    SearchByTasks(SearchRequest, Filter<TaskField>),
    Index(Vec<IndexEntry>),
    Row(ExecutionId),
    Counts,
    PutEntries(Vec<CatalogEntry>, Overwrite),
    DeleteEntry(Shelf, &'static str, u32),
    Catalog,
    Remove(ExecutionId),
    ExtendLease(ExecutionId, u32, i64),
    Rebuild,
    Check,
    Flush,
    Reopen,
}

/// What the generator knows of the stores, so that most of what it asks makes sense.
#[derive(Default)]
pub(super) struct World {
    heads: HashMap<ExecutionId, u64>,
    /// What was sent, with its receiver.
    sent: Vec<(MessageId, ExecutionId)>,
    now_ms: i64,
}

const QUEUES: [&str; 3] = ["q", "r", "eu:q"];
const LIMITS: [&str; 2] = ["limit", "rate"];

impl World {
    /// Takes note of what became of an append.
    pub(super) fn observe(&mut self, batch: &[Append], outcomes: &[Appended]) {
        for (append, outcome) in batch.iter().zip(outcomes) {
            if !matches!(outcome, Appended::Committed { .. }) {
                continue;
            }
            let seq = append.expected_seq + 1;
            self.heads.insert(append.execution, seq);
            for (index, message) in (0u32..).zip(&append.record.messages) {
                let id = MessageId { sender: append.execution, seq, index };
                self.sent.push((id, message.to));
            }
        }
    }

    pub(super) fn operation(&mut self, dice: &mut Dice) -> Operation {
        let someone = execution(1 + dice.below(EXECUTIONS));
        match dice.below(46) {
            0..=15 => self.append(dice),
            16 => Operation::Load(someone, dice.below(4)),
            17 => {
                let body = Json::parse(format!("{{\"n\":{}}}", dice.below(9))).unwrap_or_default();
                Operation::PutSnapshot(someone, Snapshot { seq: 1 + dice.below(4), body })
            }
            18 => Operation::Logs(someone, dice.task()),
            19 => Operation::Messages(
                self.sent.get(dice.below(9) as usize).map(|(id, _)| *id),
                1 + dice.below(5) as usize,
            ),
            20 => Operation::Blueprint(BlueprintHash::of(blueprint(dice).text().as_bytes())),
            21..=22 => Operation::Window(self.window(dice)),
            23 => Operation::QueueSizes,
            24 if dice.one_in(2) => Operation::RateArrival(dice.pick(&LIMITS)),
            24 => Operation::SlotHolders(dice.pick(&LIMITS)),
            25 => Operation::Due(self.now_ms + dice.below(2_000) as i64, 1 + dice.below(9) as usize),
            26 => Operation::Lost(1 + dice.below(9) as usize),
            27..=29 => Operation::Search(search(dice)),
            30 => Operation::Row(someone),
            31 => Operation::Counts,
            32 => {
                let overwrite = dice.pick(&[Overwrite::Allowed, Overwrite::Refused]);
                Operation::PutEntries((0..dice.below(3)).map(|_| entry(dice)).collect(), overwrite)
            }
            33 => {
                let entry = (dice.pick(&Shelf::ALL), dice.pick(&NAMES));
                Operation::DeleteEntry(entry.0, entry.1, dice.below(2) as u32)
            }
            34 => Operation::Catalog,
            35 if dice.one_in(3) => Operation::Remove(someone),
            36 if dice.one_in(3) => Operation::Rebuild,
            37 if dice.one_in(3) => Operation::Reopen,
            38 => Operation::ExtendLease(someone, dice.task(), self.now_ms + dice.below(900) as i64),
            39 => Operation::Flush,
            40..=41 => Operation::SearchTasks(task_search(dice)),
            42 => Operation::SearchByTasks(search(dice), task_filter(dice)),
            43..=45 => {
                let count = 1 + dice.below(4);
                let from = 1 + dice.below(EXECUTIONS);
                Operation::Index((0..count).map(|n| index_entry(dice, execution(from + n))).collect())
            }
            _ => Operation::Check,
        }
    }

    pub(super) fn append(&mut self, dice: &mut Dice) -> Operation {
        self.now_ms += dice.below(200) as i64;
        let mut heads = self.heads.clone();
        let count = 1 + dice.below(5);
        let batch = (0..count).map(|_| {
            let id = execution(1 + dice.below(EXECUTIONS));
            let head = heads.entry(id).or_default();
            let expected_seq = if dice.one_in(8) { dice.below(5) } else { *head };
            *head += 1;
            self.draft(dice, id, expected_seq).build()
        });
        Operation::Append(batch.collect())
    }

    fn draft(&self, dice: &mut Dice, id: ExecutionId, expected_seq: u64) -> Draft {
        let mut draft = if expected_seq == 0 {
            let (correlated, key) = (dice.one_in(2), dice.one_in(3));
            let (priority, parent) = (dice.below(3) as u8, execution(1 + dice.below(EXECUTIONS)));
            let (has_parent, number) = (dice.one_in(3), dice.below(3));
            Draft::start(id, dice.pick(&NAMES)).starting(|content| {
                content.version = number as u32;
                content.priority = priority;
                content.correlation_id = correlated.then(|| format!("c-{number}").into());
                content.start_key = key.then(|| format!("k-{number}").into());
                content.parent = has_parent.then(|| parent.task(1));
            })
        } else {
            Draft::of(id, expected_seq)
        };
        draft = draft.at(self.now_ms);
        let mut has_admission = false;
        for _ in 0..dice.below(4) {
            (draft, has_admission) = self.event(dice, id, draft, has_admission);
        }
        if dice.one_in(2) {
            draft = draft.wake(self.now_ms + dice.below(1_000) as i64);
        }
        if dice.one_in(4) {
            draft = draft.log(dice.task(), dice.below(5) as i64, "a line");
        }
        if dice.one_in(4) {
            draft = draft.blueprint(&blueprint(dice));
        }
        draft
    }

    /// Adds something that happens; the flag says whether the draft has its one admission already.
    fn event(&self, dice: &mut Dice, id: ExecutionId, draft: Draft, has_admission: bool) -> (Draft, bool) {
        let (task, later) = (dice.task(), self.now_ms + dice.below(300) as i64);
        let status =
            dice.pick(&[ExecutionStatus::Completed, ExecutionStatus::Failed, ExecutionStatus::Terminated]);
        let draft = match dice.below(14) {
            0..=3 => draft.ready_with_priority(task, dice.pick(&QUEUES), later, dice.below(3) as u8),
            4 => draft.claim(task, later),
            5 if !has_admission => {
                let count_max = 1 + dice.below(2) as u32;
                return (draft.claim_place(task, "limit", count_max), true);
            }
            6 if !has_admission => {
                let rate = Rate { count: 1 + dice.below(3) as u32, window_ms: 500 };
                return (draft.claim_rated(task, "rate", rate), true);
            }
            7 => draft.defer(task, dice.pick(&QUEUES), later),
            8 => draft.task_ended(task),
            9 => draft.ended(status, dice.one_in(2).then_some("because")),
            10 => draft.event(dice.pick(&[&Event::ExecutionPaused, &Event::ExecutionResumed]).clone()),
            11 => draft.message(execution(1 + dice.below(EXECUTIONS)), message(dice)),
            12 => {
                // Only the receiver answers a message.
                let own: Vec<MessageId> =
                    self.sent.iter().filter(|(_, to)| *to == id).map(|(message, _)| *message).collect();
                if own.is_empty() { draft } else { draft.applied(dice.pick(&own)) }
            }
            _ => draft.event(Event::ExecutionRetried),
        };
        (draft, has_admission)
    }

    fn window(&self, dice: &mut Dice) -> WindowRequest {
        WindowRequest {
            queue: QueueName(dice.pick(&QUEUES).into()),
            node: "node".into(),
            from: dice.one_in(2).then(|| (START.0 + self.now_ms - dice.below(500) as i64, TaskId::MIN)),
            ready_before: START + self.now_ms + dice.below(200) as i64,
            count_max: dice.below(8) as usize,
            reserved_until: Timestamp(0),
            now: START + self.now_ms,
        }
    }
}

fn message(dice: &mut Dice) -> MessageBody {
    match dice.below(2) {
        0 => MessageBody::Start(Box::new(started(dice.pick(&NAMES)))),
        _ => MessageBody::Terminate { reason: "stop".into() },
    }
}

fn blueprint(dice: &mut Dice) -> Json {
    Json::parse(format!("{{\"version\":{}}}", dice.below(4))).unwrap_or_default()
}

fn entry(dice: &mut Dice) -> CatalogEntry {
    CatalogEntry {
        kind: dice.pick(&Shelf::ALL),
        name: dice.pick(&NAMES).into(),
        version: dice.below(2) as u32,
        body: blueprint(dice),
    }
}
