//! Registered definitions.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteStore;
use super::codec;
use super::error::invalid;
use super::journal::json;
use crate::contract::{Catalog, CatalogEntry, Overwrite, Result, Shelf};

/// A shelf that no release has written.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a kind of definition")]
struct UnknownShelf(String);

const REVISION: &str = "SELECT catalog_revision FROM progress";

#[async_trait]
impl Catalog for SqliteStore {
    async fn catalog(&self) -> Result<(u64, Vec<CatalogEntry>)> {
        self.read(|connection| {
            let revision = connection.query_row(REVISION, [], |row| codec::unsigned(row, 0))?;
            let mut select = connection.prepare_cached("SELECT kind, name, version, body FROM catalog")?;
            let entries = select.query_map([], entry)?;
            let mut entries = entries.collect::<rusqlite::Result<Vec<_>>>()?;
            entries.sort_by(|left, right| {
                (left.kind, &left.name, left.version).cmp(&(right.kind, &right.name, right.version))
            });
            Ok((revision, entries))
        })
        .await
    }

    async fn catalog_revision(&self) -> Result<u64> {
        self.read(|connection| {
            connection.prepare_cached(REVISION)?.query_row([], |row| codec::unsigned(row, 0))
        })
        .await
    }

    async fn put_entries(
        &self,
        entries: Vec<CatalogEntry>,
        overwrite: Overwrite,
    ) -> Result<Option<CatalogEntry>> {
        self.run(move |writer| {
            writer.write(|connection, _| {
                if overwrite == Overwrite::Refused
                    && let Some(existing) = first_existing(connection, &entries)?
                {
                    return Ok(Some(existing));
                }
                let sql =
                    "INSERT OR REPLACE INTO catalog (kind, name, version, body) VALUES (?1, ?2, ?3, ?4)";
                let mut put = connection.prepare_cached(sql)?;
                for entry in &entries {
                    put.execute(params![entry.kind.as_str(), entry.name, entry.version, entry.body.text()])?;
                }
                if !entries.is_empty() {
                    raise_revision(connection)?;
                }
                Ok(None)
            })
        })
        .await
    }

    async fn delete_entry(&self, kind: Shelf, name: &str, version: u32) -> Result<bool> {
        let name = name.to_owned();
        self.run(move |writer| {
            writer.write(|connection, _| {
                let sql = "DELETE FROM catalog WHERE kind = ?1 AND name = ?2 AND version = ?3";
                let count = connection.prepare_cached(sql)?.execute(params![kind.as_str(), name, version])?;
                if count > 0 {
                    raise_revision(connection)?;
                }
                Ok(count > 0)
            })
        })
        .await
    }
}

fn raise_revision(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "UPDATE progress SET catalog_revision = catalog_revision + 1";
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// The first entry that is stored, or that came earlier in the same call.
fn first_existing(
    connection: &Connection,
    entries: &[CatalogEntry],
) -> rusqlite::Result<Option<CatalogEntry>> {
    let key = |entry: &CatalogEntry| (entry.kind, entry.name.clone(), entry.version);
    let sql = "SELECT kind, name, version, body FROM catalog WHERE kind = ?1 AND name = ?2 AND version = ?3";
    let mut select = connection.prepare_cached(sql)?;
    let mut earlier = std::collections::HashMap::new();
    for wanted in entries {
        let parameters = params![wanted.kind.as_str(), wanted.name, wanted.version];
        if let Some(stored) = select.query_row(parameters, entry).optional()? {
            return Ok(Some(stored));
        }
        if let Some(first) = earlier.insert(key(wanted), wanted) {
            return Ok(Some(first.clone()));
        }
    }
    Ok(None)
}

fn entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<CatalogEntry> {
    let kind: String = row.get(0)?;
    Ok(CatalogEntry {
        kind: Shelf::parse(&kind).ok_or_else(|| invalid(UnknownShelf(kind)))?,
        name: row.get(1)?,
        version: row.get(2)?,
        body: json(row, 3)?,
    })
}
