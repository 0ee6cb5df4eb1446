//! How often the duties come by, and how far they look. A simulation keeps the same pace.

/// Wake-ups of so much time to come are in memory, on a store of one node.
pub const TIMERS_AHEAD_MS: i64 = 60_000;
/// On a shared store every node looks after the wake-ups that are late by so much: their node may be gone.
pub const TIMERS_GRACE_MS: i64 = 500;
/// Between two reads of the wake-ups.
pub const SCAN_PAUSE_MS: u64 = 30_000;
/// The same on a shared store.
pub const SCAN_PAUSE_SHARED_MS: u64 = 1_000;
/// Between two looks at messages that nobody delivered.
pub const POST_PAUSE_MS: u64 = 5_000;
/// The same on a shared store, where messages of nodes that are gone wait no longer than this.
pub const POST_PAUSE_SHARED_MS: u64 = 1_000;
/// The node ticks at least so often.
pub const TICK_MS_MAX: i64 = 1_000;
/// A shared store keeps what it handed to one node from the others for so long.
pub const RESERVATION_MS: i64 = 10_000;
