//! The system's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use segue_core::time::Timestamp;

/// The present as the operating system tells it; may run backwards.
pub(crate) fn system() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
