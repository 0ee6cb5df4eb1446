//! The reference model passes the suite that it is the reference of.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use segue_core::id::ExecutionId;
use segue_store::Store;
use segue_store::conformance::Fixture;
use segue_store::memory::MemoryStore;

/// Keeps the stores that it made, to reach behind them.
#[derive(Default)]
struct Memory(Mutex<Vec<Arc<MemoryStore>>>);

#[async_trait]
impl Fixture for Memory {
    async fn fresh(&self) -> Arc<dyn Store> {
        let store = Arc::new(MemoryStore::new());
        self.0.lock().push(store.clone());
        store
    }

    async fn reopen(&self, _store: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        None
    }

    async fn damage(&self, _store: &Arc<dyn Store>, execution: ExecutionId) {
        for store in self.0.lock().iter() {
            store.damage(execution);
        }
    }
}

segue_store::conformance_suite!(Memory::default());
