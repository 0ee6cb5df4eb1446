//! The delay before a retry (Conductor's decider, in milliseconds; what overflows its 32 bits of seconds means "very
//! long").

use crate::definition::{RetryLogic, TaskDef};

/// The longest delay, 2^31 - 1 seconds.
const DELAY_MS_MAX: i64 = i32::MAX as i64 * 1000;

/// Milliseconds to wait after the attempt number `attempt` (from 0) failed. `draw` is any random number; only jitter
/// uses it.
pub fn retry_delay_ms(task_def: &TaskDef, attempt: u32, draw: u64) -> i64 {
    let base_ms = task_def.retry_delay_seconds.ms();
    let delay_ms = match task_def.retry_logic {
        RetryLogic::Fixed => base_ms,
        RetryLogic::LinearBackoff => {
            let step_ms = base_ms.saturating_mul(task_def.backoff_scale_factor.max(1).into());
            step_ms.saturating_mul(i64::from(attempt) + 1)
        }
        RetryLogic::ExponentialBackoff => {
            base_ms.saturating_mul(2i64.checked_pow(attempt).unwrap_or(i64::MAX))
        }
    };
    let cap_ms = match task_def.max_retry_delay_seconds.ms() {
        0 => DELAY_MS_MAX,
        cap_ms => cap_ms,
    };
    let jitter_max = u64::try_from(task_def.backoff_jitter_ms).unwrap_or(0);
    // At most 2^31, so it fits.
    let jitter = if jitter_max == 0 { 0 } else { (draw % (jitter_max + 1)) as i64 };
    delay_ms.min(cap_ms) + jitter
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn delays_follow_the_logic() {
        let def = |logic, scale, cap: i32| TaskDef {
            retry_logic: logic,
            retry_delay_seconds: 10.into(),
            backoff_scale_factor: scale,
            max_retry_delay_seconds: cap.into(),
            ..TaskDef::named("t")
        };
        let delays = |def: &TaskDef| [0, 1, 2, 40].map(|attempt| retry_delay_ms(def, attempt, 7) / 1000);
        assert_eq!(delays(&def(RetryLogic::Fixed, 3, 0)), [10, 10, 10, 10]);
        assert_eq!(delays(&def(RetryLogic::LinearBackoff, 3, 0)), [30, 60, 90, 1230]);
        assert_eq!(delays(&def(RetryLogic::ExponentialBackoff, 3, 0)), [10, 20, 40, i64::from(i32::MAX)]);
        assert_eq!(delays(&def(RetryLogic::ExponentialBackoff, 3, 25)), [10, 20, 25, 25]);
    }

    #[test]
    fn fractions_of_a_second_count() {
        let def = |logic| -> TaskDef {
            let fields = json!({"retryLogic": logic, "retryDelaySeconds": 0.2, "backoffScaleFactor": 3, "maxRetryDelaySeconds": 1.25});
            serde_json::from_value(fields).expect("a task definition")
        };
        let delays = |logic| [0, 1, 2, 3].map(|attempt| retry_delay_ms(&def(logic), attempt, 7));
        assert_eq!(delays("FIXED"), [200; 4]);
        assert_eq!(delays("LINEAR_BACKOFF"), [600, 1200, 1250, 1250]);
        assert_eq!(delays("EXPONENTIAL_BACKOFF"), [200, 400, 800, 1250]);
    }

    #[test]
    fn jitter_adds_up_to_its_bound() {
        let def = TaskDef { retry_delay_seconds: 1.into(), backoff_jitter_ms: 500, ..TaskDef::named("t") };
        assert_eq!(retry_delay_ms(&def, 0, 500), 1500);
        assert_eq!(retry_delay_ms(&def, 0, 501), 1000);
    }
}
