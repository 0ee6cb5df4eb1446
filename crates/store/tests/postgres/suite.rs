//! The conformance suite.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use segue_core::id::ExecutionId;
use segue_store::Store;
use segue_store::conformance::Fixture;
use segue_testkit::postgres::Cluster;

use crate::{open, raw};

/// Remembers the url of each store that it made.
struct Postgres {
    cluster: &'static Cluster,
    stores: Mutex<Vec<(Arc<dyn Store>, String)>>,
}

impl Postgres {
    fn url_of(&self, store: &Arc<dyn Store>) -> String {
        let stores = self.stores.lock();
        let known = stores.iter().find(|(known, _)| Arc::ptr_eq(known, store));
        known.map(|(_, url)| url.clone()).expect("a store of this fixture")
    }

    async fn open(&self, url: String) -> Arc<dyn Store> {
        // Tests run side by side and the server has only so many connections. With one partition the journal's whole
        // order compares.
        let partitions = if self.stores.lock().len().is_multiple_of(2) { 8 } else { 1 };
        let options = format!("{url}&pool_size=4&partitions={partitions}");
        let store: Arc<dyn Store> = Arc::new(open(&options).await);
        self.stores.lock().push((store.clone(), url));
        store
    }
}

#[async_trait]
impl Fixture for Postgres {
    async fn fresh(&self) -> Arc<dyn Store> {
        self.open(self.cluster.fresh_url()).await
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        let url = self.url_of(&store);
        store.close().await.expect("close");
        Some(self.open(url).await)
    }

    async fn damage(&self, store: &Arc<dyn Store>, execution: ExecutionId) {
        let client = raw(&self.url_of(store)).await;
        let deleted = client.execute("DELETE FROM executions WHERE id = $1", &[&execution.uuid()]).await;
        assert_eq!(deleted.expect("delete"), 1);
    }
}

segue_store::conformance_suite!(match segue_testkit::postgres::cluster() {
    Some(cluster) => Postgres { cluster, stores: Mutex::default() },
    None => return,
});
