//! letrun's system tasks.
