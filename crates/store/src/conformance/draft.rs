//! Appends with as few words as a scenario needs.

use std::sync::Arc;

use segue_core::event::{
    AttemptDeferred, AttemptStarted, Event, ExecutionEnded, ExecutionStarted, QueueName, TaskEnded,
    TaskScheduled,
};
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::record::{Message, MessageBody, MessageId, Record};
use segue_core::status::{ExecutionStatus, TaskStatus};
use segue_core::time::Timestamp;

use crate::contract::{Admission, Append, Blueprint, LogLine, Rate};

/// The instant that scenarios count from.
pub const START: Timestamp = Timestamp(1_700_000_000_000);

/// The n-th execution; ids rise with n.
pub fn execution(n: u64) -> ExecutionId {
    ExecutionId::new(START.0 + n as i64, n.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// An append in the making.
#[derive(Debug, Clone)]
pub struct Draft(Append);

impl Draft {
    /// An empty record behind `expected_seq`, decided `expected_seq` milliseconds after [`START`].
    pub fn of(execution: ExecutionId, expected_seq: u64) -> Self {
        let record = Record {
            at: START + expected_seq as i64,
            events: Vec::new(),
            messages: Vec::new(),
            applied: Vec::new(),
            wake_at: None,
        };
        Self(Append {
            execution,
            root: execution,
            expected_seq,
            record: Arc::new(record),
            logs: Vec::new(),
            blueprints: Vec::new(),
            admission: None,
        })
    }

    /// A first record that starts the definition `name`.
    pub fn start(execution: ExecutionId, name: &str) -> Self {
        Self::of(execution, 0).event(Event::ExecutionStarted(Box::new(started(name))))
    }

    /// A first record with a start key.
    pub fn start_with_key(execution: ExecutionId, name: &str, key: &str) -> Self {
        let content = ExecutionStarted { start_key: Some(key.into()), ..started(name) };
        Self::of(execution, 0).event(Event::ExecutionStarted(Box::new(content)))
    }

    fn record(mut self, change: impl FnOnce(&mut Record)) -> Self {
        change(Arc::make_mut(&mut self.0.record));
        self
    }

    /// With a change of the start that the record carries.
    pub fn starting(self, change: impl FnOnce(&mut ExecutionStarted)) -> Self {
        self.record(|record| {
            for event in &mut record.events {
                if let Event::ExecutionStarted(content) = event {
                    return change(content);
                }
            }
        })
    }

    /// Decided so many milliseconds after [`START`].
    pub fn at(self, ms: i64) -> Self {
        self.record(|record| record.at = START + ms)
    }

    /// With another event.
    pub fn event(self, event: Event) -> Self {
        self.record(|record| record.events.push(event))
    }

    /// Looked at again so many milliseconds after [`START`].
    pub fn wake(self, ms: i64) -> Self {
        self.record(|record| record.wake_at = Some(START + ms))
    }

    /// With an attempt that waits in `queue`, ready so many milliseconds after [`START`].
    pub fn ready(self, task: u32, queue: &str, ready_ms: i64) -> Self {
        self.ready_with_priority(task, queue, ready_ms, 0)
    }

    /// The same with a priority.
    pub fn ready_with_priority(self, task: u32, queue: &str, ready_ms: i64, priority: u8) -> Self {
        self.event(Event::TaskScheduled(Box::new(TaskScheduled {
            task,
            reference: format!("task_{task}").into(),
            frame: Default::default(),
            attempt: 0,
            retry_of: None,
            input: Json::empty_object(),
            queue: Some(QueueName(queue.into())),
            priority,
            ready_at: Some(START + ready_ms),
            due_at: None,
            child: None,
            secrets: Vec::new(),
        })))
    }

    /// With a claim of an unlimited attempt until so many milliseconds after [`START`].
    pub fn claim(self, task: u32, until_ms: i64) -> Self {
        self.claimed(task, Some(START + until_ms), None)
    }

    fn claimed(self, task: u32, lease_until: Option<Timestamp>, slot: Option<Arc<str>>) -> Self {
        let at = self.0.record.at;
        let worker = Some("worker".into());
        self.event(Event::AttemptStarted(AttemptStarted { task, at, worker, lease_until, slot }))
    }

    /// With a claim that takes one of `concurrent_max` places of the limit `key`.
    pub fn claim_place(mut self, task: u32, key: &str, concurrent_max: u32) -> Self {
        let holder = self.0.execution.task(task);
        self.0.admission = Some(Admission {
            key: key.into(),
            task: holder,
            concurrent_max: Some(concurrent_max),
            rate: None,
        });
        self.claimed(task, None, Some(key.into()))
    }

    /// With a claim under a rate.
    pub fn claim_rated(mut self, task: u32, key: &str, rate: Rate) -> Self {
        let holder = self.0.execution.task(task);
        self.0.admission =
            Some(Admission { key: key.into(), task: holder, concurrent_max: None, rate: Some(rate) });
        self.claimed(task, None, None)
    }

    /// With an attempt given back to its queue.
    pub fn defer(self, task: u32, queue: &str, ready_ms: i64) -> Self {
        self.event(Event::AttemptDeferred(AttemptDeferred {
            task,
            queue: QueueName(queue.into()),
            priority: 0,
            ready_at: START + ready_ms,
            output: Json::empty_object(),
            reason: None,
            worker: None,
        }))
    }

    /// With an attempt's successful end.
    pub fn task_ended(self, task: u32) -> Self {
        self.event(Event::TaskEnded(Box::new(TaskEnded {
            task,
            status: TaskStatus::Completed,
            output: None,
            reason: None,
            worker: None,
            retried: false,
        })))
    }

    /// With the end of the execution.
    pub fn ended(self, status: ExecutionStatus, reason: Option<&str>) -> Self {
        self.event(Event::ExecutionEnded(Box::new(ExecutionEnded {
            status,
            output: Json::empty_object(),
            reason: reason.map(Into::into),
            failed: Vec::new(),
        })))
    }

    /// With a message.
    pub fn message(self, to: ExecutionId, body: MessageBody) -> Self {
        self.record(|record| record.messages.push(Message { to, body }))
    }

    /// As the answer to a message.
    pub fn applied(self, id: MessageId) -> Self {
        self.record(|record| record.applied.push(id))
    }

    /// With a log line of one of its attempts.
    pub fn log(mut self, task: u32, ms: i64, text: &str) -> Self {
        let task: TaskId = self.0.execution.task(task);
        self.0.logs.push(LogLine { task, at: START + ms, text: text.into() });
        self
    }

    /// With a blueprint.
    pub fn blueprint(mut self, body: &Json) -> Self {
        let hash = BlueprintHash::of(body.text().as_bytes());
        self.0.blueprints.push(Blueprint { hash, body: body.clone() });
        self
    }

    /// The append.
    pub fn build(self) -> Append {
        self.0
    }
}

/// A plain start of the definition `name`.
pub fn started(name: &str) -> ExecutionStarted {
    ExecutionStarted {
        name: name.into(),
        version: 1,
        blueprint: BlueprintHash::of(name.as_bytes()),
        input: Json::empty_object(),
        correlation_id: None,
        priority: 0,
        domains: Default::default(),
        parent: None,
        root: None,
        depth: 0,
        start_key: None,
        created_by: None,
        event: None,
    }
}
