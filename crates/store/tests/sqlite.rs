//! The SQLite store passes the suite.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use segue_core::id::ExecutionId;
use segue_store::Store;
use segue_store::conformance::Fixture;
use segue_store::sqlite::SqliteStore;

/// A directory of databases, gone with the fixture.
struct Files {
    directory: tempfile::TempDir,
    opened: Mutex<Vec<(Arc<dyn Store>, PathBuf)>>,
}

impl Files {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory"), opened: Mutex::default() }
    }

    fn open(&self, path: PathBuf) -> Arc<dyn Store> {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).expect("open"));
        self.opened.lock().push((store.clone(), path));
        store
    }

    fn path(&self, store: &Arc<dyn Store>) -> PathBuf {
        let opened = self.opened.lock();
        let (_, path) = opened.iter().find(|(known, _)| Arc::ptr_eq(known, store)).expect("opened here");
        path.clone()
    }
}

#[async_trait]
impl Fixture for Files {
    async fn fresh(&self) -> Arc<dyn Store> {
        let number = self.opened.lock().len();
        self.open(self.directory.path().join(format!("{number}.db")))
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        let path = self.path(&store);
        // Some scenarios have closed it themselves.
        let _ = store.close().await;
        Some(self.open(path))
    }

    async fn damage(&self, store: &Arc<dyn Store>, execution: ExecutionId) {
        store.flush().await.expect("flush");
        let connection = rusqlite::Connection::open(self.path(store)).expect("open");
        let deleted = connection.execute("DELETE FROM executions WHERE id = ?1", [execution.to_bytes()]);
        assert_eq!(deleted, Ok(1));
    }
}

segue_store::conformance_suite!(Files::new());
