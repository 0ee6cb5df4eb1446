//! Hash tables for what is looked up several times in each step.
//!
//! The standard hasher withstands keys that were chosen to collide, at several times the price. This one is seeded per
//! process, and the keys here are ids, places in plans and names of definitions.

/// A map by hash.
pub type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;
/// A set by hash.
pub type HashSet<K> = std::collections::HashSet<K, foldhash::fast::RandomState>;
