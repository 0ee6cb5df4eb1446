//! Random numbers and searches from a seed.

use std::sync::Arc;

use segue_core::status::ExecutionStatus;

use super::draft::{START, execution};
use crate::contract::{Comparison, Direction, Field, Filter, Operand, SearchRequest};

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

pub(super) fn search(dice: &mut Dice) -> SearchRequest {
    let directions = [Direction::Ascending, Direction::Descending];
    let filter = filter(dice, 3);
    SearchRequest {
        filter,
        order: (0..dice.below(3)).map(|_| (dice.pick(&FIELDS), dice.pick(&directions))).collect(),
        offset: dice.below(4) as usize,
        count_max: dice.below(12) as usize,
    }
}

fn filter(dice: &mut Dice, depth: u32) -> Filter {
    let kind = if depth == 0 { 2 } else { dice.below(4) };
    match kind {
        0 => Filter::All((0..dice.below(3)).map(|_| filter(dice, depth - 1)).collect()),
        1 => Filter::Any((0..1 + dice.below(3)).map(|_| filter(dice, depth - 1)).collect()),
        _ => Filter::Compare(dice.pick(&FIELDS), dice.pick(&COMPARISONS), operand(dice)),
    }
}

fn operand(dice: &mut Dice) -> Operand {
    let text: Arc<str> = match dice.below(6) {
        0 => dice.pick(&NAMES).into(),
        1 => dice.pick(&ExecutionStatus::ALL).as_str().into(),
        2 => execution(1 + dice.below(EXECUTIONS)).to_string().into(),
        3 => dice.pick(&["*", "", "*e*", "c-1", "*-?", "be*use", "[a-z]*", "0*"]).into(),
        4 => return Operand::Number(dice.below(4) as i64),
        _ => return Operand::Number(START.0 + dice.below(5_000) as i64),
    };
    Operand::Text(text)
}
