//! Why a statement failed, and whether to try again.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{HookError, PoolError};
use tokio::time::Instant;
use tokio_postgres::error::SqlState;

use crate::contract::Error;

/// How long a call goes on trying before it answers that the database does not.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE_FIRST: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(250);

/// What a failed statement or transaction means for its caller.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing was committed; the same again may succeed.
    Again(Arc<str>),
    /// The connection broke while the answer to a commit was on its way.
    Doubtful(Arc<str>),
    /// The same again would fail again.
    Final(Error),
}

impl Failure {
    /// The same failure, of a statement that may have committed.
    pub(super) fn of_commit(cause: &tokio_postgres::Error) -> Self {
        match cause.code() {
            Some(code) if is_rollback(code) => Self::Again(text(cause)),
            _ => Self::Doubtful(text(cause)),
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(cause: tokio_postgres::Error) -> Self {
        let reason = text(&cause);
        match cause.code() {
            None => Self::Again(reason),
            Some(code) if is_passing(code) => Self::Again(reason),
            Some(_) => Self::Final(Error::Corrupt { path: "the PostgreSQL database".into(), reason }),
        }
    }
}

impl From<PoolError> for Failure {
    fn from(cause: PoolError) -> Self {
        match cause {
            PoolError::Backend(cause) | PoolError::PostCreateHook(HookError::Backend(cause)) => cause.into(),
            PoolError::Closed => Self::Final(Error::Unavailable("the store is closed".into())),
            other => Self::Again(other.to_string().into()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// The transaction is gone, and with it all it did.
fn is_rollback(code: &SqlState) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
        || code.code().starts_with("23")
}

/// Not a matter of what was asked: a conflict, a shortage, a restart.
fn is_passing(code: &SqlState) -> bool {
    let class = &code.code()[..2];
    // Connection, rollback, resources, operator intervention, system error; read-only after a failover.
    ["08", "40", "53", "57", "58"].contains(&class)
        || [
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ]
        .contains(code)
}

/// The whole chain of causes; the driver's own text says only "db error".
fn text(cause: &tokio_postgres::Error) -> Arc<str> {
    use std::error::Error as _;
    match cause.source() {
        Some(source) => format!("{cause}: {source}").into(),
        None => cause.to_string().into(),
    }
}

/// The patience of one call.
pub(super) struct Retry {
    deadline: Instant,
    pause: Duration,
}

impl Retry {
    pub(super) fn new() -> Self {
        Self { deadline: Instant::now() + PATIENCE, pause: PAUSE_FIRST }
    }

    /// Waits before the next try; the error if there is to be none.
    pub(super) async fn after(&mut self, failure: Failure) -> Result<(), Error> {
        let reason = match failure {
            Failure::Final(error) => return Err(error),
            Failure::Again(reason) | Failure::Doubtful(reason) => reason,
        };
        if Instant::now() + self.pause > self.deadline {
            return Err(Error::Unavailable(reason));
        }
        tracing::debug!(%reason, "trying again");
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        Ok(())
    }
}
