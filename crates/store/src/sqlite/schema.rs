//! What a Segue database file is, and how an older one becomes a present one.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use super::error::of_read;
use crate::contract::{Error, Result};

/// "Segu", in the file's header.
const APPLICATION_ID: i32 = 0x5365_6775;

/// Each brings the schema one version further. Never edited once released.
const MIGRATIONS: [&str; 4] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_index.sql"),
    include_str!("migrations/0003_tags.sql"),
    include_str!("migrations/0004_rules.sql"),
];

/// The newest schema version known here.
pub(super) const VERSION: u32 = MIGRATIONS.len() as u32;

const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Whether there is a database yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Segue,
}

/// Looks at the file without touching it; refuses what is not ours or newer than we are.
pub(super) fn inspect(path: &Path) -> Result<Found> {
    let shown: Arc<str> = path.display().to_string().into();
    let mut header = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut header),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(cause) => Err(cause),
    }
    .map_err(|cause| Error::Unavailable(format!("cannot read {shown}: {cause}").into()))?;
    if header.is_empty() {
        return Ok(Found::Nothing);
    }
    let corrupt = |reason: &str| Error::Corrupt { path: shown.clone(), reason: reason.into() };
    if header.len() < 100 || !header.starts_with(SQLITE_MAGIC) {
        return Err(corrupt("it is not an SQLite database"));
    }
    if word(&header, 68) != APPLICATION_ID as u32 {
        if word(&header, 68) == 0 && has_no_tables(path, &shown)? {
            return Ok(Found::Nothing);
        }
        return Err(corrupt("it is the SQLite database of another application"));
    }
    refuse_newer(&shown, word(&header, 60))?;
    Ok(Found::Segue)
}

fn refuse_newer(path: &Arc<str>, found: u32) -> Result<()> {
    if found > VERSION {
        return Err(Error::Newer { path: path.clone(), found, known: VERSION });
    }
    Ok(())
}

fn word(header: &[u8], at: usize) -> u32 {
    header.get(at..at + 4).map_or(0, |bytes| bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)))
}

/// A file that nobody has put anything into may become ours, as after a crash in its first moment.
fn has_no_tables(path: &Path, shown: &Arc<str>) -> Result<bool> {
    let count = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).and_then(|connection| {
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
    });
    count.map(|count| count == 0).map_err(|cause| of_read(shown, &cause))
}

/// Brings the schema to [`VERSION`].
pub(super) fn migrate(connection: &mut Connection, path: &Arc<str>) -> Result<()> {
    let failed = |cause: rusqlite::Error| of_read(path, &cause);
    let present = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    refuse_newer(path, present)?;
    migrate_from(connection, present).map_err(failed)
}

/// Makes the present schema in an empty database.
pub(super) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    migrate_from(connection, 0)
}

/// Each migration in one transaction with the version that it leads to.
fn migrate_from(connection: &mut Connection, present: u32) -> rusqlite::Result<()> {
    for (version, migration) in (1u32..).zip(MIGRATIONS).skip(present as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalog_of_the_first_release_takes_what_came_later_and_keeps_its_entries() {
        let mut connection = Connection::open_in_memory().expect("opens");
        connection.execute_batch(MIGRATIONS[0]).expect("the first schema");
        let put = |connection: &Connection, kind: &str| {
            connection.execute("INSERT INTO catalog VALUES (?1, 'n', 1, '{}')", [kind])
        };
        put(&connection, "workflow").expect("put");
        put(&connection, "workflow_tag").expect_err("not yet");
        migrate_from(&mut connection, 1).expect("migrates");
        put(&connection, "workflow_tag").expect("put");
        put(&connection, "schedule").expect("put");
        put(&connection, "anything").expect_err("no kind");
        let count = connection.query_row("SELECT count(*) FROM catalog", [], |row| row.get::<_, i64>(0));
        assert_eq!(count, Ok(3));
    }
}
