//! Why an execution is not moving: what it waits for, with what the engine knows of queues and limits.

use segue_core::event::QueueName;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::time::Timestamp;
use segue_core::why::{Wait, why};
use segue_store::rate::{Verdict, judge};
use serde::Serialize;

use super::Engine;
use crate::error::Error;
use crate::node::rate_of;

/// One reason.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// What is waited for.
    #[serde(flatten)]
    pub wait: Wait,
    /// In one sentence.
    pub text: String,
    /// When somebody last polled the queue that an attempt waits in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_polled_at: Option<Timestamp>,
    /// Who occupies the limit that an attempt waits for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limit_holders: Vec<LimitHolder>,
    /// The rate that an attempt waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_up: Option<UsedUp>,
}

/// A rate that lets nobody through at the moment.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct UsedUp {
    /// So many attempts may be taken …
    pub count: u32,
    /// … in so many milliseconds.
    pub window_ms: i64,
    /// When the next one may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// An attempt that occupies a place of a limit.
#[derive(Debug, Clone, Serialize)]
pub struct LimitHolder {
    /// The attempt.
    pub task: TaskId,
    /// Who works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
}

/// Holders that are named.
const HOLDERS_MAX: usize = 20;

impl Engine {
    /// Every reason why the execution does not move on by itself.
    ///
    /// # Errors
    /// As [`Engine::read`].
    pub async fn why(&self, id: ExecutionId) -> Result<Vec<Explanation>, Error> {
        let now = self.now();
        let waits = self.read(id, move |execution| why(execution, now)).await?;
        let mut explanations = Vec::with_capacity(waits.len());
        for wait in waits {
            explanations.push(self.explain(wait).await?);
        }
        Ok(explanations)
    }

    async fn explain(&self, wait: Wait) -> Result<Explanation, Error> {
        let mut last_polled_at = None;
        let mut limit_holders = Vec::new();
        let mut used_up = None;
        if let Wait::Worker { queue, .. } = &wait {
            last_polled_at = self.last_polled(queue).await?;
            limit_holders = self.limit_holders(queue).await?;
            used_up = self.used_up(queue).await?;
        }
        let text = sentence(&wait, last_polled_at, &limit_holders, used_up);
        Ok(Explanation { wait, text, last_polled_at, limit_holders, used_up })
    }

    async fn last_polled(&self, queue: &QueueName) -> Result<Option<Timestamp>, Error> {
        let polls = self.pollers(Some(queue.task_type())).await?;
        Ok(polls.into_iter().filter(|poll| poll.queue == *queue).map(|poll| poll.at).max())
    }

    async fn limit_holders(&self, queue: &QueueName) -> Result<Vec<LimitHolder>, Error> {
        let name = queue.task_type();
        let Some(max) =
            self.inner.catalog.task(name).and_then(|def| def.concurrent_exec_limit).filter(|max| *max > 0)
        else {
            return Ok(Vec::new());
        };
        let holders = self.inner.store.slot_holders(name, HOLDERS_MAX).await?;
        if i32::try_from(holders.len()).unwrap_or(i32::MAX) < max {
            return Ok(Vec::new());
        }
        let named = holders.into_iter().map(|lease| LimitHolder {
            task: lease.task,
            worker: lease.worker.as_deref().map(str::to_owned),
        });
        Ok(named.collect())
    }

    /// The rate of a task type, if it lets nobody through now.
    async fn used_up(&self, queue: &QueueName) -> Result<Option<UsedUp>, Error> {
        let name = queue.task_type();
        let Some(rate) = self.inner.catalog.task(name).and_then(|def| rate_of(&def)) else { return Ok(None) };
        let arrival = self.inner.store.rate_arrival(name).await?;
        Ok(match judge(rate, arrival, self.now()) {
            Verdict::Admitted { .. } => None,
            Verdict::Refused { retry_at } => {
                Some(UsedUp { count: rate.count, window_ms: rate.window_ms, until: retry_at })
            }
        })
    }
}

fn sentence(
    wait: &Wait,
    last_polled_at: Option<Timestamp>,
    holders: &[LimitHolder],
    used_up: Option<UsedUp>,
) -> String {
    let instant = |at: &Timestamp| {
        jiff::Timestamp::from_millisecond(at.0)
            .map_or_else(|_| at.0.to_string(), |instant| format!("{instant:.3}"))
    };
    match wait {
        Wait::Paused => "the execution is paused: resume it".to_owned(),
        Wait::Ended { status, reason } => match reason {
            Some(reason) => format!("the execution is over: {status} ({reason})"),
            None => format!("the execution is over: {status}"),
        },
        Wait::Worker { reference, queue, .. } if !holders.is_empty() => {
            let who: Vec<String> = holders
                .iter()
                .map(|holder| holder.worker.clone().unwrap_or_else(|| holder.task.to_string()))
                .collect();
            format!(
                "{reference} waits for the limit of {}, which is full: {}",
                queue.task_type(),
                who.join(", ")
            )
        }
        Wait::Worker { reference, queue, .. } if let Some(used_up) = used_up => {
            let UsedUp { count, window_ms, until } = used_up;
            let next = until.map_or_else(|| "never".to_owned(), |at| format!("at {}", instant(&at)));
            let seconds = window_ms / 1000;
            let name = queue.task_type();
            format!(
                "{reference} waits for the rate of {name}, {count} in {seconds} s: the next may go {next}"
            )
        }
        Wait::Worker { reference, queue, since, .. } => match last_polled_at {
            Some(at) if at >= *since => {
                format!(
                    "{reference} is ready in queue {queue} since {}; last polled at {}",
                    instant(since),
                    instant(&at)
                )
            }
            Some(at) => {
                format!("{reference} is ready in queue {queue}; no worker polled it since {}", instant(&at))
            }
            None => format!(
                "{reference} is ready in queue {queue}; no worker ever polled it (ready since {})",
                instant(since)
            ),
        },
        Wait::ReadyLater { reference, at, attempt, reason, .. } if *attempt > 0 => {
            let cause = reason.as_ref().map_or_else(String::new, |reason| format!(", after: {reason}"));
            format!("{reference} is retried at {} (retry {attempt}{cause})", instant(at))
        }
        Wait::ReadyLater { reference, at, .. } => format!("{reference} is handed out at {}", instant(at)),
        Wait::Result { reference, worker, lease_until, .. } => {
            let who = worker.as_deref().unwrap_or("a worker");
            match lease_until {
                Some(until) => {
                    format!("{reference} is being worked on by {who}; its lease ends at {}", instant(until))
                }
                None => format!("{reference} is being worked on by {who}"),
            }
        }
        Wait::Join { reference, on, .. } => format!("join {reference} waits for {}", on.join(", ")),
        Wait::Timer { reference, at, .. } => format!("{reference} waits until {}", instant(at)),
        Wait::Signal { reference, .. } => {
            format!("{reference} waits for a signal: complete it by its reference or its task id")
        }
        Wait::Evaluator { reference, .. } => format!("{reference} waits for its script to be evaluated"),
        Wait::Child { reference, child, .. } => format!("{reference} waits for sub-workflow {child}"),
        Wait::Continue => "the execution goes on with its next record at once".to_owned(),
    }
}
