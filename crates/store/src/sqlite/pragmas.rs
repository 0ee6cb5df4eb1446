//! How connections are set up.
//!
//! | Pragma | Value | Why |
//! |---|---|---|
//! | `auto_vacuum` | `INCREMENTAL` | retention gives pages back without a rewrite; can only be chosen before the first table |
//! | `journal_mode` | `WAL` | one sync a commit, readers never wait for the writer |
//! | `synchronous` | `FULL` | the commit syncs the log, so an answer means durable; `NORMAL` would lose answered commits |
//! | `wal_autocheckpoint` | 4,000 pages | 16 MB: fewer checkpoints than the default 1,000, and a bounded log |
//! | `journal_size_limit` | 64 MiB | a log that once grew is cut again |
//! | `cache_size` | 16 MiB writer, 4 MiB reader | a bound on memory; the operating system caches the rest |
//! | `temp_store` | file | a large sort must not live in memory |
//! | `foreign_keys` | off | the tables follow from the journal, not from each other |
//! | `trusted_schema` | off | a file from elsewhere runs no functions of ours |
//! | `query_only` | on for readers | reads cannot become writes |
//! | plans | stable (`ENABLE_QPSG`) | otherwise a statement may be planned anew for each value that is bound to it |

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// Statements that a connection keeps prepared.
const STATEMENTS_MAX: usize = 64;

/// The one connection that writes.
pub(super) fn writer(path: &Path, is_new: bool) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if is_new {
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA cache_size = -16384;
         PRAGMA temp_store = FILE;
         PRAGMA foreign_keys = OFF;
         PRAGMA trusted_schema = OFF;",
    )?;
    Ok(connection)
}

/// After the schema exists: until then a rollback journal makes the first transaction all or nothing, header included.
pub(super) fn start_log(connection: &Connection) -> rusqlite::Result<()> {
    let set = |name: &str, value: &dyn rusqlite::ToSql| {
        connection.pragma_update_and_check(None, name, value, |_| Ok(()))
    };
    set("journal_mode", &"WAL")?;
    set("wal_autocheckpoint", &4_000)?;
    set("journal_size_limit", &(64 << 20))
}

/// The writer's settings on a new file without a schema.
pub(crate) fn bare(path: &Path) -> rusqlite::Result<Connection> {
    let connection = writer(path, true)?;
    start_log(&connection)?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "PRAGMA query_only = ON;
         PRAGMA cache_size = -4096;
         PRAGMA temp_store = FILE;
         PRAGMA trusted_schema = OFF;",
    )?;
    Ok(connection)
}
