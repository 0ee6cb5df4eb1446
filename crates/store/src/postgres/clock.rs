//! The database's clock, asked once a second and carried on by the process's own in between.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use segue_core::time::Timestamp;

use super::PostgresStore;
use super::read;
use crate::contract::Result;

/// Two clocks drift apart by far less than a millisecond in this time.
const SAMPLE_AGE_MAX: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Clock {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sample: Option<(Instant, i64)>,
    last: i64,
}

impl Clock {
    /// The present, if the last answer of the database is young enough to tell it.
    fn now(&self) -> Option<Timestamp> {
        let mut state = self.state.lock();
        let (taken, at_ms) = state.sample?;
        let age = taken.elapsed();
        if age > SAMPLE_AGE_MAX {
            return None;
        }
        state.last = state.last.max(at_ms.saturating_add(age.as_millis() as i64));
        Some(Timestamp(state.last))
    }

    fn put(&self, at_ms: i64) -> Timestamp {
        let mut state = self.state.lock();
        state.sample = Some((Instant::now(), at_ms));
        state.last = state.last.max(at_ms);
        Timestamp(state.last)
    }
}

impl PostgresStore {
    pub(super) async fn present(&self) -> Result<Timestamp> {
        if let Some(now) = self.clock.now() {
            return Ok(now);
        }
        let rows = self.fetch(include_str!("sql/now.sql"), &[]).await?;
        let row = rows.first().ok_or_else(|| read::corrupt("no clock"))?;
        Ok(self.clock.put(read::get(row, 0)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_fell_behind_does_not_turn_time_back() {
        let clock = Clock::default();
        assert_eq!(clock.now(), None);
        assert_eq!(clock.put(5_000), Timestamp(5_000));
        assert_eq!(clock.put(3_000), Timestamp(5_000));
        assert_eq!(clock.now(), Some(Timestamp(5_000)));
    }
}
