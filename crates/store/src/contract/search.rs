//! Finding executions and attempts.

use std::sync::Arc;

use async_trait::async_trait;
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;
use segue_core::words::Phrase;

use super::Result;

/// One execution as a search shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionRow {
    /// Its id.
    pub id: ExecutionId,
    /// Its last record.
    pub seq: u64,
    /// Name of the definition.
    pub name: Arc<str>,
    /// Version of the definition.
    pub version: u32,
    /// Its status.
    pub status: ExecutionStatus,
    /// The caller's key.
    pub correlation_id: Option<Arc<str>>,
    /// 0 to 99.
    pub priority: u8,
    /// The attempt that started it.
    pub parent: Option<TaskId>,
    /// When it began.
    pub started_at: Timestamp,
    /// When its last record was decided.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended so.
    pub reason: Option<Arc<str>>,
    /// Its pinned definition.
    pub blueprint: BlueprintHash,
    /// When it is looked at next.
    pub wake_at: Option<Timestamp>,
}

/// A field that executions are searched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Field {
    Id,
    Name,
    Version,
    Status,
    CorrelationId,
    Priority,
    /// Id of the parent execution.
    Parent,
    StartedAt,
    UpdatedAt,
    EndedAt,
    Reason,
}

/// A field that attempts are searched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum TaskField {
    Id,
    /// The operator, or the name of what a worker polls.
    Type,
    DefinitionName,
    Status,
    /// With the loop suffix.
    Reference,
    /// Id of the execution.
    Execution,
    /// Name of the execution's definition.
    ExecutionName,
    /// The execution's.
    CorrelationId,
    ScheduledAt,
    StartedAt,
    UpdatedAt,
    EndedAt,
    Reason,
    Domain,
}

/// How a field is compared. Text compares by bytes, `Like` takes `*` for any run of characters and every other
/// character for itself. An operand of the other kind (a number for a text field, a text for a number) matches
/// nothing but `NotEqual`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// For names, ids (in their text form), statuses (wire names), keys, reasons.
    Text(Arc<str>),
    /// For numbers and instants (milliseconds).
    Number(i64),
}

/// Which executions, or which attempts. True or false for each, there is no third: what [`Filter::Not`] negates
/// matches exactly where it did not.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter<F = Field> {
    /// All of these; empty: everything.
    All(Vec<Self>),
    /// At least one of these; empty: nothing.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// One comparison. A field without value matches nothing but `NotEqual`.
    Compare(F, Comparison, Operand),
    /// The field has no value.
    IsNull(F),
    /// What is indexed of the execution or attempt has all of these phrases; empty: nothing.
    Words(Vec<Phrase>),
}

/// A page of a search.
#[derive(Debug, Clone)]
pub struct SearchRequest<F = Field> {
    /// Which.
    pub filter: Filter<F>,
    /// In which order, most important first; ties and the empty list: newest first by `started_at` (attempts:
    /// `scheduled_at`), then highest id first. A field without value comes before every value (`Descending`: behind).
    pub order: Vec<(F, Direction)>,
    /// How many to skip.
    pub offset: usize,
    /// How many at most.
    pub count_max: usize,
}

/// Sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Direction {
    Ascending,
    Descending,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPage {
    /// The page.
    pub rows: Vec<ExecutionRow>,
    /// How many match in all, counted up to [`TOTAL_MAX`].
    pub total: u64,
    /// True if the count stopped at [`TOTAL_MAX`].
    pub total_capped: bool,
}

/// What a search for attempts found.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskPage {
    /// The page.
    pub tasks: Vec<TaskId>,
    /// How many match in all, counted up to [`TOTAL_MAX`].
    pub total: u64,
    /// True if the count stopped at [`TOTAL_MAX`].
    pub total_capped: bool,
}

/// Hits are counted exactly up to here.
pub const TOTAL_MAX: u64 = 10_000;

/// Finding executions and attempts. Attempts, and the words of both, are found as far as they are indexed (see
/// [`Index`](super::Index)); everything else at once.
#[async_trait]
pub trait Search: Send + Sync {
    /// The executions that match.
    async fn search(&self, request: SearchRequest) -> Result<SearchPage>;

    /// The executions that match and have an attempt that matches `task`.
    async fn search_by_tasks(&self, request: SearchRequest, task: Filter<TaskField>) -> Result<SearchPage>;

    /// The attempts that match.
    async fn search_tasks(&self, request: SearchRequest<TaskField>) -> Result<TaskPage>;

    /// One execution's row.
    async fn row(&self, execution: ExecutionId) -> Result<Option<ExecutionRow>>;

    /// How many executions there are in each status.
    async fn counts(&self) -> Result<Vec<(ExecutionStatus, u64)>>;
}
