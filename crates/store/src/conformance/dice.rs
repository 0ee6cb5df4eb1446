//! Random numbers and searches from a seed.

use std::sync::Arc;

use segue_core::id::{ExecutionId, TaskId};
use segue_core::status::{ExecutionStatus, TaskStatus};
use segue_core::words::{Last, Phrase, Text};

use super::draft::{START, execution};
use crate::contract::{
    Comparison, Direction, Field, Filter, IndexEntry, IndexScope, IndexedTask, Operand, SearchRequest,
    TaskField,
};

/// How many executions random operations are about.
pub(super) const EXECUTIONS: u64 = 10;
/// The names of their definitions.
pub(super) const NAMES: [&str; 3] = ["order", "invoice", "Order*"];

/// Numbers from a seed (splitmix64): the same everywhere and for ever.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 to `bound - 1`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(super) fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// The ordinal of an attempt.
    pub(super) fn task(&mut self) -> u32 {
        1 + self.below(5) as u32
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

const FIELDS: [Field; 11] = [
    Field::Id,
    Field::Name,
    Field::Version,
    Field::Status,
    Field::CorrelationId,
    Field::Priority,
    Field::Parent,
    Field::StartedAt,
    Field::UpdatedAt,
    Field::EndedAt,
    Field::Reason,
];

const COMPARISONS: [Comparison; 7] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
    Comparison::Like,
];

const TASK_FIELDS: [TaskField; 14] = [
    TaskField::Id,
    TaskField::Type,
    TaskField::DefinitionName,
    TaskField::Status,
    TaskField::Reference,
    TaskField::Execution,
    TaskField::ExecutionName,
    TaskField::CorrelationId,
    TaskField::ScheduledAt,
    TaskField::StartedAt,
    TaskField::UpdatedAt,
    TaskField::EndedAt,
    TaskField::Reason,
    TaskField::Domain,
];

/// Words of what is indexed and asked for.
const WORDS: [&str; 6] = ["paper", "pap", "late", "order", "\u{fc}ber", "7"];

pub(super) fn search(dice: &mut Dice) -> SearchRequest {
    page(dice, &FIELDS)
}

pub(super) fn task_search(dice: &mut Dice) -> SearchRequest<TaskField> {
    page(dice, &TASK_FIELDS)
}

pub(super) fn task_filter(dice: &mut Dice) -> Filter<TaskField> {
    filter(dice, &TASK_FIELDS, 2)
}

fn page<F: Copy>(dice: &mut Dice, fields: &[F]) -> SearchRequest<F> {
    let directions = [Direction::Ascending, Direction::Descending];
    let filter = filter(dice, fields, 3);
    SearchRequest {
        filter,
        order: (0..dice.below(3)).map(|_| (dice.pick(fields), dice.pick(&directions))).collect(),
        offset: dice.below(4) as usize,
        count_max: dice.below(12) as usize,
    }
}

fn filter<F: Copy>(dice: &mut Dice, fields: &[F], depth: u32) -> Filter<F> {
    let kind = if depth == 0 { 4 + dice.below(6) } else { dice.below(10) };
    match kind {
        0 => Filter::All((0..dice.below(3)).map(|_| filter(dice, fields, depth - 1)).collect()),
        1 | 2 => Filter::Any((0..1 + dice.below(3)).map(|_| filter(dice, fields, depth - 1)).collect()),
        3 => Filter::Not(Box::new(filter(dice, fields, depth - 1))),
        4 => Filter::IsNull(dice.pick(fields)),
        5 => Filter::Words((0..dice.below(3)).map(|_| phrase(dice)).collect()),
        _ => Filter::Compare(dice.pick(fields), dice.pick(&COMPARISONS), operand(dice)),
    }
}

fn phrase(dice: &mut Dice) -> Phrase {
    let words = (0..1 + dice.below(2)).map(|_| dice.pick(&WORDS).to_owned()).collect();
    Phrase { words, last: dice.pick(&[Last::Whole, Last::Beginning]) }
}

/// What somebody may have found of an execution.
pub(super) fn index_entry(dice: &mut Dice, execution: ExecutionId) -> IndexEntry {
    IndexEntry {
        execution,
        text: dice.one_in(2).then(|| text(dice)),
        tasks: (1..1 + dice.below(4) as u32)
            .map(|ordinal| indexed_task(dice, execution.task(ordinal)))
            .collect(),
        scope: if dice.one_in(4) { IndexScope::All } else { IndexScope::Listed },
    }
}

fn text(dice: &mut Dice) -> Text {
    let mut text = Text::default();
    for _ in 0..dice.below(6) {
        text.add(dice.pick(&WORDS));
    }
    text
}

fn indexed_task(dice: &mut Dice, id: TaskId) -> IndexedTask {
    let at = |dice: &mut Dice| START + dice.below(5_000) as i64;
    IndexedTask {
        id,
        task_type: dice.pick(&["SIMPLE", "WAIT"]).into(),
        definition_name: dice.pick(&NAMES).into(),
        reference: dice.pick(&["a", "a__1", "b"]).into(),
        status: dice.pick(&[TaskStatus::Scheduled, TaskStatus::InProgress, TaskStatus::Completed]),
        domain: dice.one_in(3).then(|| "eu".into()),
        scheduled_at: at(dice),
        started_at: dice.one_in(2).then(|| at(dice)),
        updated_at: at(dice),
        ended_at: dice.one_in(2).then(|| at(dice)),
        reason: dice.one_in(3).then(|| "because".into()),
        text: text(dice),
    }
}

fn operand(dice: &mut Dice) -> Operand {
    let text: Arc<str> = match dice.below(8) {
        0 => dice.pick(&NAMES).into(),
        1 => dice.pick(&ExecutionStatus::ALL).as_str().into(),
        2 => execution(1 + dice.below(EXECUTIONS)).to_string().into(),
        3 => dice.pick(&["*", "", "*e*", "c-1", "*-?", "be*use", "[a-z]*", "0*"]).into(),
        4 => return Operand::Number(dice.below(4) as i64),
        5 => execution(1 + dice.below(EXECUTIONS)).task(dice.task()).to_string().into(),
        6 => dice.pick(&["WAIT", "SIMPLE", "IN_PROGRESS", "a*", "eu", "because"]).into(),
        _ => return Operand::Number(START.0 + dice.below(5_000) as i64),
    };
    Operand::Text(text)
}
