//! The schema, step by step. A step that is released is never edited.

use deadpool_postgres::Pool;

use super::failure::{Failure, Retry};
use super::options::Options;
use super::session::Session;
use crate::contract::{Error, Result};

const MIGRATIONS: [&str; 4] = [
    include_str!("migrations/0001_tables.sql"),
    include_str!("migrations/0002_index.sql"),
    include_str!("migrations/0003_tags.sql"),
    include_str!("migrations/0004_rules.sql"),
];

/// The schema that this release writes.
const VERSION: u32 = MIGRATIONS.len() as u32;

/// Takes the steps that are missing, in one transaction under the version row's lock; the version before and
/// after. A second node waits at the lock and finds nothing left to do.
pub(super) async fn migrate(pool: &Pool, options: &Options) -> Result<(u32, u32)> {
    let mut retry = Retry::new();
    loop {
        match try_migrate(pool, options).await {
            Ok(versions) => return Ok(versions),
            Err(failure) => retry.after(failure).await?,
        }
    }
}

async fn try_migrate(pool: &Pool, options: &Options) -> std::result::Result<(u32, u32), Failure> {
    let mut session = Session::new(pool.get().await?);
    if !has_version(&session, options).await? {
        make_version(&session, options).await?;
    }
    session.begin().await?;
    let found = lock_version(&session).await?;
    if found > VERSION {
        return Err(Error::Newer { path: options.path.clone(), found, known: VERSION }.into());
    }
    for step in MIGRATIONS.iter().skip(found as usize) {
        session.run(step).await?;
    }
    if found == 0 {
        let last = i32::try_from(options.partitions).unwrap_or(1) - 1;
        session
            .rows("INSERT INTO heads (partition) SELECT generate_series(0, $1::integer)", &[&last])
            .await?;
    }
    if found < VERSION {
        session
            .run("INSERT INTO indexed (partition) SELECT partition FROM heads ON CONFLICT DO NOTHING")
            .await?;
        session.rows("UPDATE schema_version SET version = $1", &[&i64::from(VERSION)]).await?;
    }
    session.commit().await?;
    Ok((found, VERSION))
}

/// Asked first, so that a user without the right to create anything can open a database that is ready.
async fn has_version(session: &Session, options: &Options) -> std::result::Result<bool, Failure> {
    let sql =
        "SELECT FROM information_schema.tables WHERE table_schema = $1 AND table_name = 'schema_version'";
    Ok(!session.rows(sql, &[&&*options.schema]).await?.is_empty())
}

async fn make_version(session: &Session, options: &Options) -> std::result::Result<(), Failure> {
    let sql = format!(
        "CREATE SCHEMA IF NOT EXISTS {0};
         CREATE TABLE IF NOT EXISTS {0}.schema_version (
             only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
             version bigint NOT NULL CHECK (version >= 0)
         );
         INSERT INTO {0}.schema_version (version) VALUES (0) ON CONFLICT DO NOTHING",
        options.schema
    );
    match session.run(&sql).await {
        // PostgreSQL's IF NOT EXISTS trips over whoever does the same at the same moment.
        Err(Failure::Final(Error::Corrupt { reason, .. })) if is_race(&reason) => Err(Failure::Again(reason)),
        other => other,
    }
}

fn is_race(reason: &str) -> bool {
    ["already exists", "duplicate key", "concurrently updated"].iter().any(|sign| reason.contains(sign))
}

async fn lock_version(session: &Session) -> std::result::Result<u32, Failure> {
    let rows = session.rows("SELECT version FROM schema_version FOR UPDATE", &[]).await?;
    let row = rows.first().ok_or_else(|| Failure::Again("the schema's version is not written yet".into()))?;
    let version: i64 = row.try_get(0)?;
    u32::try_from(version).map_err(|_| Failure::corrupt("the schema's version is out of range"))
}
