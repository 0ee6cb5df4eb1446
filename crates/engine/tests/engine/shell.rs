//! A node with a reference store and a clock that moves when a test says so.

use std::sync::Arc;

use segue_core::decide::{Command, Merge, Start, TaskResult};
use segue_core::definition::WorkflowDef;
use segue_core::event::QueueName;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::projection::Ready;
use segue_core::status::TaskStatus;
use segue_core::time::Timestamp;
use segue_engine::node::{
    Done, Found, Loadable, Node, PollRequest, Request, Settled, StartRequest, StoreTraits, Want, pinned_plan,
};
use segue_engine::{Assignment, Catalog, Error, Options};
use segue_store::contract::{Journal, Queue, WindowRequest};
use segue_store::memory::MemoryStore;
use serde_json::Value;
use tokio::sync::oneshot::{self, Receiver};

pub(crate) struct Shell {
    pub(crate) node: Node,
    pub(crate) store: Arc<MemoryStore>,
    /// A bug on purpose: records do not say when they are to be looked at again.
    pub(crate) loses_wake_ups: bool,
    catalog: Arc<Catalog>,
    now: Timestamp,
}

impl Shell {
    pub(crate) fn new(options: Options) -> Self {
        Self::on(StoreTraits { shared: false, concurrent_appends: 1, batch_max: 100 }, options)
    }

    /// As on a store that other nodes use too.
    pub(crate) fn on_shared_store(options: Options) -> Self {
        Self::on(StoreTraits { shared: true, concurrent_appends: 1, batch_max: 100 }, options)
    }

    fn on(traits: StoreTraits, options: Options) -> Self {
        let (store, catalog, now) =
            (Arc::new(MemoryStore::new()), Arc::new(Catalog::default()), Timestamp(1_700_000_000_000));
        let node = Node::new(options, traits, catalog.clone(), 7, now);
        Self { node, store, loses_wake_ups: false, catalog, now }
    }

    /// Starts an execution and returns when that is committed.
    pub(crate) async fn start(&mut self, definition: Value) -> ExecutionId {
        let definition: WorkflowDef = serde_json::from_value(definition).expect("a definition");
        let plan = self.catalog.plan_of(&definition).expect("a plan");
        let (sender, mut receiver) = oneshot::channel();
        let started = Start::default().event(&plan);
        let done = Box::new(move |result| drop(sender.send(result)));
        self.node.start(StartRequest { plan, started, done }, self.now);
        self.settle().await;
        receiver.try_recv().expect("answered").expect("starts").execution
    }

    pub(crate) async fn poll(&mut self, queue: &str) -> Receiver<Vec<Assignment>> {
        let (_, receiver) = self.poll_only(queue);
        self.settle().await;
        receiver
    }

    pub(crate) async fn report(&mut self, task: TaskId, status: TaskStatus, callback_after_ms: i64) {
        let mut receiver = self.report_only(task, status, callback_after_ms);
        self.settle().await;
        receiver.try_recv().expect("answered").expect("taken");
    }

    /// Reports without committing anything.
    pub(crate) fn report_only(
        &mut self,
        task: TaskId,
        status: TaskStatus,
        callback_after_ms: i64,
    ) -> Receiver<Result<Settled, Error>> {
        let result = TaskResult {
            task: task.ordinal(),
            status,
            output: Some(Json::empty_object()),
            merge: Merge::Replace,
            reason: None,
            worker: Some("w".into()),
            callback_after_ms,
        };
        let (sender, receiver) = oneshot::channel();
        let done = Done::Call(Box::new(move |result| drop(sender.send(result))));
        self.node.submit(Request::new(task.execution(), Command::Complete(Box::new(result)), done), self.now);
        receiver
    }

    /// Polls without carrying anything.
    pub(crate) fn poll_only(&mut self, queue: &str) -> (u64, Receiver<Vec<Assignment>>) {
        let queue = QueueName::new(queue, None);
        let request = PollRequest { queue, worker: Some("w".into()), count: 1, lease_ms: None };
        self.node.poll(request, self.now)
    }

    /// What the store has of a queue, which may have changed in memory meanwhile.
    pub(crate) async fn read_window(&self, queue: &QueueName) -> Vec<Ready> {
        let request = WindowRequest {
            queue: queue.clone(),
            node: "node".into(),
            from: None,
            ready_before: self.now,
            count_max: 10,
            reserved_until: self.now,
            now: self.now,
        };
        self.store.window(request).await.expect("reads")
    }

    /// A poll's time is up.
    pub(crate) fn hurry(&mut self, poll: u64) {
        self.node.hurry_poll(poll, self.now);
    }

    /// The node hears of a window that was read some time ago.
    pub(crate) fn hear_of_window(&mut self, queue: &QueueName, found: Vec<Ready>) {
        self.node.window(queue, found, true, self.now);
    }

    /// Lets time go by, and nothing happen.
    pub(crate) fn advance_clock(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
    }

    /// Lets time go by, and everything happen that it brings.
    pub(crate) async fn advance(&mut self, ms: i64) {
        let until = self.now.plus_ms(ms);
        while let Some(due) = self.node.next_due().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.node.tick(self.now);
            self.settle().await;
        }
        self.now = until;
        self.node.tick(self.now);
        self.settle().await;
    }

    /// Carries everything to and fro that needs no time.
    pub(crate) async fn settle(&mut self) {
        while self.step().await {}
    }

    /// Does what is wanted now, then commits one batch; false if there was neither.
    pub(crate) async fn step(&mut self) -> bool {
        let (wants, batch) = (self.node.take_wants(), self.node.take_batch());
        if wants.is_empty() && batch.is_none() {
            return false;
        }
        for want in wants {
            self.fulfil(want).await;
        }
        if let Some(mut batch) = batch {
            if self.loses_wake_ups {
                for append in &mut batch.appends {
                    Arc::make_mut(&mut append.record).wake_at = None;
                }
            }
            let outcomes = self.store.append(batch.appends).await.expect("appends");
            self.node.committed(batch.id, outcomes, self.now);
        }
        true
    }

    async fn fulfil(&mut self, want: Want) {
        match want {
            Want::Load { execution, after_seq } => {
                let loaded = self.store.load(execution, after_seq).await.expect("loads");
                let found = match Found::read(execution, after_seq, loaded).expect("reads") {
                    Found::Loadable(loadable) => loadable,
                    Found::Stored(stored) => {
                        let mut plans = Vec::new();
                        for hash in stored.blueprints() {
                            let body = self.store.blueprint(hash).await.expect("reads");
                            plans.push(Arc::new(pinned_plan(execution, hash, body).expect("a plan")));
                        }
                        stored.fold(plans).expect("folds")
                    }
                };
                self.node.loaded(execution, Ok::<Loadable, _>(found), self.now);
            }
            Want::Window { queue, from, ready_before, count_max } => {
                let request = WindowRequest {
                    queue: queue.clone(),
                    node: "node".into(),
                    from,
                    ready_before,
                    count_max,
                    reserved_until: self.now,
                    now: self.now,
                };
                let found = self.store.window(request).await.expect("reads");
                let exhausted = found.len() < count_max;
                self.node.window(&queue, found, exhausted, self.now);
            }
            Want::PutSnapshot(execution, snapshot) => {
                self.store.put_snapshot(execution, snapshot).await.expect("stores");
            }
            Want::ExtendLease(..) | Want::Plan(..) | Want::Evaluate { .. } => {}
        }
    }
}
