//! The delay before a retry (Conductor's decider; 32-bit arithmetic whose overflow means "very long").

use crate::definition::{RetryLogic, TaskDef};

/// Milliseconds to wait after the attempt number `attempt` (from 0) failed. `draw` is any random number; only jitter
/// uses it.
pub fn retry_delay_ms(task_def: &TaskDef, attempt: u32, draw: u64) -> i64 {
    let base = task_def.retry_delay_seconds.max(0);
    let seconds = match task_def.retry_logic {
        RetryLogic::Fixed => Some(base),
        RetryLogic::LinearBackoff => base
            .checked_mul(task_def.backoff_scale_factor.max(1))
            .and_then(|step| step.checked_mul(i32::try_from(attempt).ok()?.checked_add(1)?)),
        RetryLogic::ExponentialBackoff => {
            2i32.checked_pow(attempt).and_then(|factor| base.checked_mul(factor))
        }
    };
    let mut seconds = i64::from(seconds.unwrap_or(i32::MAX));
    if task_def.max_retry_delay_seconds > 0 {
        seconds = seconds.min(i64::from(task_def.max_retry_delay_seconds));
    }
    let jitter_max = u64::try_from(task_def.backoff_jitter_ms).unwrap_or(0);
    // At most 2^31, so it fits.
    let jitter = if jitter_max == 0 { 0 } else { (draw % (jitter_max + 1)) as i64 };
    seconds * 1000 + jitter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_follow_the_logic() {
        let def = |logic, scale, cap| TaskDef {
            retry_logic: logic,
            retry_delay_seconds: 10,
            backoff_scale_factor: scale,
            max_retry_delay_seconds: cap,
            ..TaskDef::named("t")
        };
        let delays = |def: &TaskDef| [0, 1, 2, 40].map(|attempt| retry_delay_ms(def, attempt, 7) / 1000);
        assert_eq!(delays(&def(RetryLogic::Fixed, 3, 0)), [10, 10, 10, 10]);
        assert_eq!(delays(&def(RetryLogic::LinearBackoff, 3, 0)), [30, 60, 90, 1230]);
        assert_eq!(delays(&def(RetryLogic::ExponentialBackoff, 3, 0)), [10, 20, 40, i64::from(i32::MAX)]);
        assert_eq!(delays(&def(RetryLogic::ExponentialBackoff, 3, 25)), [10, 20, 25, 25]);
    }

    #[test]
    fn jitter_adds_up_to_its_bound() {
        let def = TaskDef { retry_delay_seconds: 1, backoff_jitter_ms: 500, ..TaskDef::named("t") };
        assert_eq!(retry_delay_ms(&def, 0, 500), 1500);
        assert_eq!(retry_delay_ms(&def, 0, 501), 1000);
    }
}
