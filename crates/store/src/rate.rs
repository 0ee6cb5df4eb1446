//! The generic cell rate algorithm, on whole microseconds so that every store computes the same.
//!
//! A rate's state is one instant, the theoretical arrival time: when the next claim would come if claims
//! came evenly. A claim may be early by all but one of a window's claims, which allows a burst of `count`.

use segue_core::time::Timestamp;

use crate::contract::Rate;

/// What the rate says of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may go; the state becomes this (Unix microseconds).
    Admitted {
        /// The new theoretical arrival time.
        arrival_us: i64,
    },
    /// It must wait.
    Refused {
        /// The first instant at which it would be admitted, if nobody else comes; `None`: never.
        retry_at: Option<Timestamp>,
    },
}

/// Judges a claim at `now` (the instant of its record) against the stored state (`None`: no claim so far).
///
/// A count of 0 admits nothing; a window that is not positive limits nothing.
pub fn judge(rate: Rate, arrival_us: Option<i64>, now: Timestamp) -> Verdict {
    if rate.count == 0 {
        return Verdict::Refused { retry_at: None };
    }
    let now_us = now.0.saturating_mul(1000);
    let count = i64::from(rate.count);
    let interval_us = rate.window_ms.max(0).saturating_mul(1000) / count;
    let early_us = interval_us.saturating_mul(count - 1);
    let arrival_us = arrival_us.unwrap_or(now_us);
    let first_us = arrival_us.saturating_sub(early_us);
    if now_us < first_us {
        // Up to the next whole millisecond: an earlier retry would be refused again.
        let retry_ms = first_us.saturating_add(999).div_euclid(1000);
        return Verdict::Refused { retry_at: Some(Timestamp(retry_ms)) };
    }
    Verdict::Admitted { arrival_us: arrival_us.max(now_us).saturating_add(interval_us) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_an_even_flow() {
        let rate = Rate { count: 3, window_ms: 1000 };
        let mut state = None;
        for _ in 0..3 {
            match judge(rate, state, Timestamp(5000)) {
                Verdict::Admitted { arrival_us } => state = Some(arrival_us),
                refused => panic!("{refused:?}"),
            }
        }
        let refused = Verdict::Refused { retry_at: Some(Timestamp(5334)) };
        assert_eq!(judge(rate, state, Timestamp(5000)), refused);
        assert_eq!(judge(rate, state, Timestamp(5333)), refused);
        assert!(matches!(judge(rate, state, Timestamp(5334)), Verdict::Admitted { .. }));
        let none = Rate { count: 0, window_ms: 1000 };
        assert_eq!(judge(none, None, Timestamp(1)), Verdict::Refused { retry_at: None });
        let unlimited = Rate { count: 1, window_ms: 0 };
        assert!(matches!(judge(unlimited, Some(1_000), Timestamp(1)), Verdict::Admitted { .. }));
    }
}
