//! The pure core: definitions, plans, the fold of the journal, and the one function that decides what a
//! command does. No I/O, no clock, no randomness, nothing async.

pub mod event;
pub mod id;
pub mod json;
pub mod projection;
pub mod record;
pub mod status;
pub mod time;
