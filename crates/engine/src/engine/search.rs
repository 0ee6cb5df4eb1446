//! Finding executions and attempts.

use segue_store::contract::{Filter, SearchPage, SearchRequest, TaskField, TaskPage};

use super::Engine;
use crate::duties::indexer;
use crate::error::Error;

/// What a search found, and how much it could not know.
#[derive(Debug, Clone)]
pub struct Searched<T> {
    /// What it found.
    pub page: T,
    /// Positions of the journal that the index lacked: 0 unless it is far behind, as after an upgrade or long load. What was
    /// appended there is not found by words, and attempts of there not at all.
    pub behind: u64,
}

impl Engine {
    /// Finds executions. All that was answered before is found.
    ///
    /// # Errors
    /// The store's.
    pub async fn search(&self, request: SearchRequest) -> Result<Searched<SearchPage>, Error> {
        let behind = if asks_for_words(&request.filter) { indexer::catch_up(&self.inner).await? } else { 0 };
        Ok(Searched { page: self.inner.store.search(request).await?, behind })
    }

    /// Finds executions that have an attempt that matches.
    ///
    /// # Errors
    /// The store's.
    pub async fn search_by_tasks(
        &self,
        request: SearchRequest,
        task: Filter<TaskField>,
    ) -> Result<Searched<SearchPage>, Error> {
        let behind = indexer::catch_up(&self.inner).await?;
        Ok(Searched { page: self.inner.store.search_by_tasks(request, task).await?, behind })
    }

    /// Finds attempts.
    ///
    /// # Errors
    /// The store's.
    pub async fn search_tasks(&self, request: SearchRequest<TaskField>) -> Result<Searched<TaskPage>, Error> {
        let behind = indexer::catch_up(&self.inner).await?;
        Ok(Searched { page: self.inner.store.search_tasks(request).await?, behind })
    }
}

/// Everything but words is found without the index.
fn asks_for_words<F>(filter: &Filter<F>) -> bool {
    match filter {
        Filter::All(filters) | Filter::Any(filters) => filters.iter().any(asks_for_words),
        Filter::Not(filter) => asks_for_words(filter),
        Filter::Words(phrases) => !phrases.is_empty(),
        Filter::Compare(..) | Filter::IsNull(_) => false,
    }
}
