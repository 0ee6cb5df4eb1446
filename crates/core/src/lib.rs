//! The pure core: definitions, plans, the fold of the journal, and the one function that decides what a
//! command does. No I/O, no clock, no randomness, nothing async.

pub mod calendar;
pub mod condition;
pub mod decide;
pub mod definition;
pub mod event;
pub mod execution;
pub mod expression;
pub mod id;
pub mod json;
pub mod plan;
pub mod projection;
pub mod record;
pub mod status;
pub mod table;
pub mod time;
pub mod trigger;
pub mod view;
pub mod why;
pub mod words;
