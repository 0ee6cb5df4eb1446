//! What an error of the database means to a caller.

use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::contract::Error;

/// A failed read: damage, or an answer that did not come.
pub(super) fn of_read(path: &Arc<str>, cause: &rusqlite::Error) -> Error {
    use rusqlite::Error as Cause;
    let is_damage =
        matches!(cause.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            || matches!(
                cause,
                Cause::FromSqlConversionFailure(..)
                    | Cause::IntegralValueOutOfRange(..)
                    | Cause::InvalidColumnType(..)
            );
    let reason: Arc<str> = cause.to_string().into();
    if is_damage { Error::Corrupt { path: path.clone(), reason } } else { Error::Unavailable(reason) }
}

/// What a failed write means for the writes to come.
pub(super) enum WriteFailure {
    /// The disk is full. SQLite has rolled the transaction back whole, so a later write may succeed.
    Full,
    /// After a failed sync or a damaged page nobody knows what is on disk: no write can be trusted any more.
    Fatal,
    /// This write alone did not happen: its data were wrong, or somebody else held the file.
    Refused,
}

pub(super) fn of_write(cause: &rusqlite::Error) -> WriteFailure {
    use ErrorCode::{ConstraintViolation, DatabaseBusy, DatabaseLocked, OutOfMemory, TooBig, TypeMismatch};
    match cause.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => WriteFailure::Full,
        Some(ConstraintViolation | TooBig | TypeMismatch | DatabaseBusy | DatabaseLocked | OutOfMemory) => {
            WriteFailure::Refused
        }
        // Whatever else it is, it did not come from the data.
        _ => WriteFailure::Fatal,
    }
}

/// A value that is not what the schema says, as an error of the row it came from.
pub(super) fn invalid(cause: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, Box::new(cause))
}
