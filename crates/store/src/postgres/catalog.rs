//! Registered definitions. Every change happens under the lock of the row that holds the revision.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::PostgresStore;
use super::batch::column;
use super::failure::{Failure, Retry};
use super::read::{self, get, unsigned};
use super::session::Session;
use crate::contract::{Catalog, CatalogEntry, Overwrite, Result, Shelf};

type Key = (Shelf, String, u32);

#[async_trait]
impl Catalog for PostgresStore {
    async fn catalog(&self) -> Result<(u64, Vec<CatalogEntry>)> {
        let mut revision = 0;
        let mut entries = Vec::new();
        for row in self.fetch(include_str!("sql/catalog.sql"), &[]).await? {
            revision = unsigned(get(&row, 0)?);
            if get::<Option<&str>>(&row, 1)?.is_some() {
                entries.push(read::catalog_entry(&row, 1)?);
            }
        }
        entries.sort_by(|left, right| {
            (left.kind, &left.name, left.version).cmp(&(right.kind, &right.name, right.version))
        });
        Ok((revision, entries))
    }

    async fn catalog_revision(&self) -> Result<u64> {
        let rows = self.fetch(include_str!("sql/catalog_revision.sql"), &[]).await?;
        rows.first().map_or(Ok(0), |row| Ok(unsigned(get(row, 0)?)))
    }

    async fn put_entries(
        &self,
        entries: Vec<CatalogEntry>,
        overwrite: Overwrite,
    ) -> Result<Option<CatalogEntry>> {
        if entries.is_empty() {
            return Ok(None);
        }
        let mut retry = Retry::new();
        loop {
            match self.try_put_entries(&entries, overwrite).await {
                Ok(existing) => return Ok(existing),
                // Without refusal a repetition does no harm; with it, it would meet its own entries.
                Err(Failure::Doubtful(reason)) if overwrite == Overwrite::Refused => {
                    return Err(crate::Error::Unavailable(reason));
                }
                Err(failure) => retry.after(failure).await?,
            }
        }
    }

    async fn delete_entry(&self, kind: Shelf, name: &str, version: u32) -> Result<bool> {
        let mut retry = Retry::new();
        let mut was_doubtful = false;
        loop {
            match self.try_delete_entry(kind, name, version).await {
                // Whoever lost the answer to the first try finds nothing at the second.
                Ok(existed) => return Ok(existed || was_doubtful),
                Err(failure) => {
                    was_doubtful |= matches!(failure, Failure::Doubtful(_));
                    retry.after(failure).await?;
                }
            }
        }
    }
}

impl PostgresStore {
    async fn try_put_entries(
        &self,
        entries: &[CatalogEntry],
        overwrite: Overwrite,
    ) -> std::result::Result<Option<CatalogEntry>, Failure> {
        let mut session = self.session().await?;
        session.begin().await?;
        session.rows(include_str!("sql/lock_catalog.sql"), &[]).await?;
        let columns = Columns::of(entries.iter());
        let mut stored = BTreeMap::new();
        if overwrite == Overwrite::Refused {
            let sql = include_str!("sql/catalog_entries.sql");
            for row in session.rows(sql, &[&columns.kind, &columns.name, &columns.version]).await? {
                let entry = read::catalog_entry(&row, 0)?;
                stored.insert(key(&entry), entry);
            }
        }
        let mut put = BTreeMap::new();
        for entry in entries {
            let earlier = stored.get(&key(entry)).or_else(|| put.get(&key(entry)).copied()).cloned();
            if overwrite == Overwrite::Refused && earlier.is_some() {
                session.rollback().await?;
                return Ok(earlier);
            }
            put.insert(key(entry), entry);
        }
        put_all(&session, &Columns::of(put.into_values())).await?;
        session.commit().await?;
        Ok(None)
    }

    async fn try_delete_entry(
        &self,
        kind: Shelf,
        name: &str,
        version: u32,
    ) -> std::result::Result<bool, Failure> {
        let mut session = self.session().await?;
        session.begin().await?;
        session.rows(include_str!("sql/lock_catalog.sql"), &[]).await?;
        let sql = include_str!("sql/delete_entry.sql");
        let gone = session.rows(sql, &[&kind.as_str(), &column(name), &i64::from(version)]).await?;
        if !gone.is_empty() {
            session.rows(include_str!("sql/raise_catalog_revision.sql"), &[]).await?;
        }
        session.commit().await?;
        Ok(!gone.is_empty())
    }
}

async fn put_all(session: &Session, columns: &Columns) -> std::result::Result<(), Failure> {
    let sql = include_str!("sql/put_entries.sql");
    session.rows(sql, &[&columns.kind, &columns.name, &columns.version, &columns.body]).await?;
    session.rows(include_str!("sql/raise_catalog_revision.sql"), &[]).await?;
    Ok(())
}

fn key(entry: &CatalogEntry) -> Key {
    (entry.kind, column(&entry.name), entry.version)
}

#[derive(Default)]
struct Columns {
    kind: Vec<&'static str>,
    name: Vec<String>,
    version: Vec<i64>,
    body: Vec<String>,
}

impl Columns {
    fn of<'a>(entries: impl Iterator<Item = &'a CatalogEntry>) -> Self {
        let mut columns = Self::default();
        for entry in entries {
            columns.kind.push(entry.kind.as_str());
            columns.name.push(column(&entry.name));
            columns.version.push(i64::from(entry.version));
            columns.body.push(entry.body.text().to_owned());
        }
        columns
    }
}
