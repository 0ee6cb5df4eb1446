//! From an address to a store.

use std::path::Path;
use std::sync::Arc;

use crate::contract::{Error, Result, Store};
use crate::memory::MemoryStore;
use crate::postgres::PostgresStore;
use crate::sqlite::SqliteStore;

/// Opens the store at `url`: `memory:`, `postgres://…`, `sqlite:PATH`, or the path of an SQLite file.
///
/// # Errors
/// Those of the store's own `open`; [`Error::Unavailable`] for an address that names none.
pub async fn open(url: &str) -> Result<Arc<dyn Store>> {
    match url.split_once(':') {
        Some(("memory", "")) => Ok(Arc::new(MemoryStore::new())),
        Some(("memory", _)) => Err(Error::Unavailable(format!("'{url}': write just 'memory:'").into())),
        Some(("postgres" | "postgresql", _)) => Ok(Arc::new(PostgresStore::open(url).await?)),
        Some(("sqlite", path)) => sqlite(path).await,
        Some((scheme, rest)) if rest.starts_with("//") => {
            let expected = "expected memory:, sqlite:PATH, postgres://… or a path";
            Err(Error::Unavailable(format!("'{scheme}://' names no kind of store; {expected}").into()))
        }
        _ => sqlite(url).await,
    }
}

/// `PATH`, or `//PATH` as in an address with an empty host.
async fn sqlite(path: &str) -> Result<Arc<dyn Store>> {
    let path = path.strip_prefix("//").unwrap_or(path).to_owned();
    if path.is_empty() {
        return Err(Error::Unavailable("an SQLite store needs the path of a file".into()));
    }
    let opening = tokio::task::spawn_blocking(move || SqliteStore::open(Path::new(&path)));
    let store = opening.await.map_err(|cause| Error::Unavailable(cause.to_string().into()))??;
    Ok(Arc::new(store))
}
