//! The index of attempts and words, and what is searched.

use std::collections::BTreeMap;

use async_trait::async_trait;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::status::ExecutionStatus;
use segue_core::words::Text;

use super::search::{self, Found, FoundTask};
use super::{MemoryStore, State};
use crate::contract::{
    ExecutionRow, Filter, Index, IndexBatch, IndexEntry, IndexProgress, IndexScope, IndexedTask, Position,
    Result, Search, SearchPage, SearchRequest, TOTAL_MAX, TaskField, TaskPage,
};

/// What is indexed.
#[derive(Default)]
pub(super) struct Indexed {
    position: Position,
    texts: BTreeMap<ExecutionId, Text>,
    tasks: BTreeMap<TaskId, IndexedTask>,
}

impl Indexed {
    fn put(&mut self, entry: IndexEntry) {
        if entry.scope == IndexScope::All {
            self.forget_tasks(entry.execution);
        }
        self.texts.extend(entry.text.map(|text| (entry.execution, text)));
        self.tasks.extend(entry.tasks.into_iter().map(|task| (task.id, task)));
    }

    fn forget_tasks(&mut self, execution: ExecutionId) {
        self.tasks.retain(|task, _| task.execution() != execution);
    }

    pub(super) fn forget(&mut self, execution: ExecutionId) {
        self.texts.remove(&execution);
        self.forget_tasks(execution);
    }

    pub(super) fn check(
        &self,
        head: Position,
        exists: impl Fn(ExecutionId) -> bool,
        findings: &mut Vec<String>,
    ) {
        if self.position > head {
            findings
                .push(format!("index: position {} is ahead of the journal's last, {head}", self.position));
        }
        let texts = self.texts.keys().filter(|execution| !exists(**execution));
        findings.extend(texts.map(|execution| format!("index: {execution} is not in the journal")));
        let tasks = self.tasks.keys().filter(|task| !exists(task.execution()));
        findings.extend(tasks.map(|task| format!("index: {task} is not in the journal")));
    }
}

impl State {
    /// The attempts that are indexed and match.
    fn tasks_matching(&self, filter: &Filter<TaskField>) -> Vec<FoundTask<'_>> {
        let found = self.indexed.tasks.values().filter_map(|task| {
            let row = self.tables.rows.get(&task.id.execution())?;
            Some(FoundTask { row, task })
        });
        found.filter(|task| search::matches(task, filter)).collect()
    }

    fn page(&self, request: &SearchRequest, fits: impl Fn(&ExecutionRow) -> bool) -> SearchPage {
        let all = self.tables.rows.values().filter(|row| fits(row));
        let all = all.map(|row| Found { row, text: self.indexed.texts.get(&row.id) });
        let mut found: Vec<Found<'_>> = all.filter(|found| search::matches(found, &request.filter)).collect();
        found.sort_by(|left, right| search::order(left, right, &request.order));
        let matching = found.len() as u64;
        let page = found.into_iter().skip(request.offset).take(request.count_max);
        SearchPage {
            rows: page.map(|found| found.row.clone()).collect(),
            total: matching.min(TOTAL_MAX),
            total_capped: matching > TOTAL_MAX,
        }
    }
}

#[async_trait]
impl Search for MemoryStore {
    async fn search(&self, request: SearchRequest) -> Result<SearchPage> {
        self.with(|state| state.page(&request, |_| true))
    }

    async fn search_by_tasks(&self, request: SearchRequest, task: Filter<TaskField>) -> Result<SearchPage> {
        self.with(|state| {
            // In the order of ids, as the attempts are.
            let found = state.tasks_matching(&task);
            let owners: Vec<ExecutionId> = found.iter().map(|found| found.row.id).collect();
            state.page(&request, |row| owners.binary_search(&row.id).is_ok())
        })
    }

    async fn search_tasks(&self, request: SearchRequest<TaskField>) -> Result<TaskPage> {
        self.with(|state| {
            let mut found = state.tasks_matching(&request.filter);
            found.sort_by(|left, right| search::order(left, right, &request.order));
            let matching = found.len() as u64;
            let page = found.into_iter().skip(request.offset).take(request.count_max);
            TaskPage {
                tasks: page.map(|found| found.task.id).collect(),
                total: matching.min(TOTAL_MAX),
                total_capped: matching > TOTAL_MAX,
            }
        })
    }

    async fn row(&self, execution: ExecutionId) -> Result<Option<ExecutionRow>> {
        self.with(|state| state.tables.rows.get(&execution).cloned())
    }

    async fn counts(&self) -> Result<Vec<(ExecutionStatus, u64)>> {
        self.with(|state| state.tables.counts())
    }
}

#[async_trait]
impl Index for MemoryStore {
    async fn index_progress(&self) -> Result<Vec<IndexProgress>> {
        self.with(|state| vec![IndexProgress { indexed: state.indexed.position, head: state.position }])
    }

    async fn index(&self, batch: IndexBatch) -> Result<bool> {
        self.with(|state| {
            if batch.partition != 0 || batch.after != state.indexed.position {
                return false;
            }
            for entry in batch.entries {
                if state.head(entry.execution) > 0 {
                    state.indexed.put(entry);
                }
            }
            state.indexed.position = batch.upto;
            true
        })
    }
}
