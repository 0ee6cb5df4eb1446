//! The durable store: the reference model, with reservations, and with the checker's books beside it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::FutureExt;
use rand::Rng;
use rand::rngs::SmallRng;
use segue_core::event::{Event, QueueName};
use segue_core::id::{ExecutionId, TaskId};
use segue_core::projection::Ready;
use segue_core::time::Timestamp;
use segue_store::contract::{
    Append, Appended, Journal, Queue, Result as StoreResult, Retention, WindowRequest,
};
use segue_store::memory::MemoryStore;

use crate::books::Books;
use crate::{Check, Plant};

pub(crate) struct SimStore {
    pub(crate) memory: MemoryStore,
    pub(crate) books: Books,
    clock: Arc<AtomicI64>,
    shared: bool,
    reserved: BTreeMap<TaskId, Timestamp>,
    plant: Option<Plant>,
}

/// The reference model is ready at once.
pub(crate) fn ready<T>(call: impl Future<Output = StoreResult<T>>) -> T {
    call.now_or_never().expect("the reference model never waits").expect("the store is open")
}

impl SimStore {
    pub(crate) fn new(now: Timestamp, shared: bool, plant: Option<Plant>) -> Self {
        let clock = Arc::new(AtomicI64::new(now.0));
        let read = clock.clone();
        let memory = MemoryStore::with_clock(Arc::new(move || Timestamp(read.load(Ordering::Relaxed))));
        Self { memory, books: Books::default(), clock, shared, reserved: BTreeMap::new(), plant }
    }

    pub(crate) fn set_now(&self, now: Timestamp) {
        self.clock.store(now.0, Ordering::Relaxed);
    }

    /// Commits a batch and enters it into the books.
    pub(crate) fn append(&mut self, mut batch: Vec<Append>, rng: &mut SmallRng) -> Check<Vec<Appended>> {
        for append in &mut batch {
            self.plant_in(append, rng);
        }
        let mut outcomes = ready(self.memory.append(batch.clone()));
        let mut touched = Vec::new();
        for (append, outcome) in batch.iter().zip(&mut outcomes) {
            let is_claim = matches!(append.record.events[..], [Event::AttemptStarted(_)]);
            match outcome {
                Appended::Committed { .. } => {
                    self.free_reservations(append);
                    self.books.enter(append)?;
                    touched.push(append.execution);
                }
                Appended::Conflict if self.plant == Some(Plant::DoubleClaim) && is_claim => {
                    *outcome = Appended::Committed { position: 0 };
                }
                _ => {}
            }
        }
        self.books.wake_ups(&touched)?;
        Ok(outcomes)
    }

    fn plant_in(&self, append: &mut Append, rng: &mut SmallRng) {
        match self.plant {
            Some(Plant::LostWakeUp) if append.record.wake_at.is_some() && rng.random_bool(0.05) => {
                Arc::make_mut(&mut append.record).wake_at = None;
            }
            Some(Plant::LostMessage) if !append.record.messages.is_empty() && rng.random_bool(0.2) => {
                Arc::make_mut(&mut append.record).messages.pop();
            }
            Some(Plant::LimitIgnored) => append.admission = None,
            _ => {}
        }
    }

    fn free_reservations(&mut self, append: &Append) {
        for event in &append.record.events {
            let task = match event {
                Event::TaskScheduled(scheduled) => scheduled.task,
                Event::AttemptStarted(started) => started.task,
                Event::AttemptDeferred(deferred) => deferred.task,
                _ => continue,
            };
            self.reserved.remove(&append.execution.task(task));
        }
    }

    /// A window, with reservations where nodes share the store.
    pub(crate) fn window(&mut self, request: &WindowRequest, rng: &mut SmallRng) -> Vec<Ready> {
        let everything = WindowRequest { count_max: usize::MAX, ..request.clone() };
        let mut found = ready(self.memory.window(everything));
        if self.plant == Some(Plant::LostWindow) && rng.random_bool(0.1) {
            found.clear();
        }
        if self.shared {
            found.retain(|ready| {
                let reserved = self.reserved.get(&ready.task);
                reserved.is_none_or(|until| *until <= request.now)
            });
        }
        found.truncate(request.count_max);
        if self.shared && self.plant != Some(Plant::DoubleClaim) {
            for ready in &found {
                self.reserved.insert(ready.task, request.reserved_until);
            }
        }
        found
    }

    /// All that is ready in a queue by `now`.
    pub(crate) fn ready_now(&self, queue: &QueueName, now: Timestamp) -> Vec<Ready> {
        ready(self.memory.window(WindowRequest {
            queue: queue.clone(),
            node: "".into(),
            from: None,
            ready_before: now,
            count_max: usize::MAX,
            reserved_until: now,
            now,
        }))
    }

    pub(crate) fn remove(&mut self, id: ExecutionId) {
        ready(self.memory.remove(id));
        self.books.remove(id);
    }
}
