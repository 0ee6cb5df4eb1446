//! Retries: letrun's settings, inherited, as task definitions of the engine.

use segue_core::definition::{RetryLogic, Seconds, TaskDef};
use serde_json::{Map, Value};

use super::super::model::{Retry, Strategy};
use super::Options;

/// Retry settings in force.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    count: i32,
    strategy: Strategy,
    delay_seconds: f64,
    backoff_rate: f64,
    counts_attempts: bool,
}

impl Policy {
    pub(super) fn of(options: &Options) -> Self {
        let defaults = options.retry;
        Self {
            count: i32::try_from(defaults.count).unwrap_or(i32::MAX),
            strategy: defaults.strategy,
            delay_seconds: defaults.delay_seconds,
            backoff_rate: defaults.backoff_rate,
            counts_attempts: options.attempts_not_retries,
        }
    }

    /// With what was written further in.
    pub(super) fn inherit(self, written: &Retry) -> Self {
        Self {
            count: written.count.unwrap_or(self.count),
            strategy: written.strategy.unwrap_or(self.strategy),
            delay_seconds: written.delay_seconds.unwrap_or(self.delay_seconds),
            ..self
        }
    }

    /// Attempts after the first.
    pub(super) fn retries(self) -> i32 {
        if self.counts_attempts { (self.count - 1).max(0) } else { self.count.max(0) }
    }

    /// The settings as a task definition of the engine.
    pub(super) fn task_def(self, name: &str) -> TaskDef {
        let (logic, seconds) = match self.strategy {
            Strategy::Fixed => (RetryLogic::Fixed, self.delay_seconds),
            Strategy::ExponentialBackoff => (RetryLogic::ExponentialBackoff, 2.0 * self.delay_seconds),
            Strategy::LinearBackoff => (RetryLogic::LinearBackoff, self.backoff_rate * self.delay_seconds),
        };
        TaskDef {
            retry_count: self.retries(),
            retry_logic: logic,
            retry_delay_seconds: Seconds::of(seconds),
            ..TaskDef::named(name)
        }
    }
}

/// The fields as they were written, for the way back.
pub(super) fn notes(written: &Retry, raw: &Map<String, Value>) -> Map<String, Value> {
    let given = [
        ("retryCount", written.count.is_some()),
        ("retryStrategy", written.strategy.is_some()),
        ("retryDelaySeconds", written.delay_seconds.is_some()),
    ];
    let given = given.into_iter().filter(|(_, is_given)| *is_given);
    given.filter_map(|(key, _)| Some((key.to_owned(), raw.get(key)?.clone()))).collect()
}
