//! Definitions, and figures about the whole.

use std::sync::Arc;

use segue_core::definition::{TaskDef, WorkflowDef};
use segue_core::json::Json;
use segue_store::contract::{Activity, CatalogEntry, Overwrite, Shelf};

use super::Engine;
use crate::error::Error;
use crate::node::Counters;

impl Engine {
    /// Registers definitions, all or none. Returns the first that exists already if that is refused. Whether they can run is the caller's to check (`segue_core::definition::validate`, [`crate::Catalog::plan_of`]).
    ///
    /// # Errors
    /// The store's.
    pub async fn put_workflows(
        &self,
        definitions: &[WorkflowDef],
        overwrite: Overwrite,
    ) -> Result<Option<Arc<str>>, Error> {
        let entries = definitions.iter().map(|def| CatalogEntry {
            kind: Shelf::WorkflowDef,
            name: def.name.as_str().into(),
            version: u32::try_from(def.version).unwrap_or(0),
            body: json(def),
        });
        self.put(entries.collect(), overwrite).await
    }

    /// Registers task definitions; the later wins.
    ///
    /// # Errors
    /// The store's.
    pub async fn put_tasks(&self, definitions: &[TaskDef]) -> Result<(), Error> {
        let entries = definitions.iter().map(|def| CatalogEntry {
            kind: Shelf::TaskDef,
            name: def.name.as_str().into(),
            version: 0,
            body: json(def),
        });
        self.put(entries.collect(), Overwrite::Allowed).await.map(drop)
    }

    pub(super) async fn put(
        &self,
        entries: Vec<CatalogEntry>,
        overwrite: Overwrite,
    ) -> Result<Option<Arc<str>>, Error> {
        self.accepting()?;
        let existing = self.inner.store.put_entries(entries, overwrite).await?;
        if existing.is_none() {
            self.reload_catalog().await?;
        }
        Ok(existing.map(|entry| entry.name))
    }

    /// Deletes a definition; false if there was none. Running executions keep theirs.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete_workflow(&self, name: &str, version: u32) -> Result<bool, Error> {
        self.delete(Shelf::WorkflowDef, name, version).await
    }

    /// Deletes a task definition; false if there was none.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete_task(&self, name: &str) -> Result<bool, Error> {
        self.delete(Shelf::TaskDef, name, 0).await
    }

    pub(super) async fn delete(&self, kind: Shelf, name: &str, version: u32) -> Result<bool, Error> {
        self.accepting()?;
        let existed = self.inner.store.delete_entry(kind, name, version).await?;
        self.reload_catalog().await?;
        Ok(existed)
    }

    pub(crate) async fn reload_catalog(&self) -> Result<(), Error> {
        let (revision, entries) = self.inner.store.catalog().await?;
        self.inner.catalog.replace(revision, entries);
        Ok(())
    }

    /// What the node did since it began.
    pub fn counters(&self) -> Counters {
        self.inner.node.lock().counters()
    }

    /// What the store did since it was opened.
    pub fn activity(&self) -> Activity {
        self.inner.store.activity()
    }

    /// Records that wait for the disk, executions in memory, and orphaned executions by the last audit.
    pub fn gauges(&self) -> (usize, usize, u64) {
        let node = self.inner.node.lock();
        (node.backlog(), node.cached(), node.orphans())
    }

    /// Looks for running executions that nothing would ever wake. Returns how many there are; 0 unless something is wrong.
    ///
    /// # Errors
    /// The store's.
    pub async fn audit(&self) -> Result<u64, Error> {
        crate::duties::audit(&self.inner).await
    }
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> Json {
    serde_json::to_value(value).map(|value| Json::of(&value)).unwrap_or_default()
}
