//! PostgreSQL: a store that many equal nodes share.
//!
//! An append call is one transaction of set-based statements, `Append.expected_seq` is compared and swapped
//! in the execution's row, and the tables beside the journal are written in the same transaction. Positions
//! are taken under the locks of the partitions' heads, last of all, so a tail reader never skips a transaction that
//! commits late. Nothing here needs advisory locks or notifications to be correct: `NOTIFY` is a shortcut.

mod append;
mod batch;
mod carried;
mod catalog;
mod check;
mod clock;
mod condition;
mod delta;
mod failure;
mod index;
mod journal;
mod limits;
mod migrate;
mod notify;
mod options;
mod queue;
mod read;
mod rebuild;
mod refold;
mod retention;
mod rows;
mod search;
mod session;
mod timers;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::contract::{Result, Store, Traits};
use failure::{Failure, Retry};
use notify::Changes;
pub(crate) use options::Options;
use session::Session;

/// How long a call waits for a connection of the pool.
const POOL_WAIT: Duration = Duration::from_secs(5);

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    pool: Pool,
    partitions: u32,
    clock: clock::Clock,
    counters: Counters,
    changes: Changes,
}

#[derive(Default)]
struct Counters {
    commits: AtomicU64,
    records: AtomicU64,
    bytes: AtomicU64,
}

impl PostgresStore {
    /// Connects, and brings the schema up to this release if it is older or not there yet.
    ///
    /// The url is PostgreSQL's own (`postgres://user:password@host:port/database`), with the parameters
    /// `schema` (default `segue`), `pool_size`, `statement_timeout_ms` and `partitions` (of a new database) added.
    /// `sslmode=require` speaks TLS, with a certificate that the system or the PEM file `sslrootcert` trusts.
    ///
    /// # Errors
    /// [`crate::Error::Newer`] for a schema of a later release, `Unavailable` for a server that does not answer,
    /// `Corrupt` for a url or a database that is not usable.
    pub async fn open(url: &str) -> Result<Self> {
        let options = Arc::new(Options::parse(url)?);
        let pool = pool(&options)?;
        migrate::migrate(&pool, &options).await?;
        let mut store = Self {
            changes: Changes::watch(&pool, &options),
            pool,
            partitions: 0,
            clock: clock::Clock::default(),
            counters: Counters::default(),
        };
        store.partitions = store.count_partitions().await?;
        Ok(store)
    }

    /// Brings the schema up to this release without opening the store; the schema's version before and after. Any
    /// number of nodes may do so at once.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn migrate(url: &str) -> Result<(u32, u32)> {
        let options = Options::parse(url)?;
        migrate::migrate(&pool(&options)?, &options).await
    }

    /// Rises when another node may have added something to do. A shortcut: it may stay silent, so look from
    /// time to time as well.
    pub fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.changes.subscribe()
    }

    async fn count_partitions(&self) -> Result<u32> {
        let rows = self.fetch(include_str!("sql/partitions.sql"), &[]).await?;
        let [row] = &rows[..] else { return Err(read::corrupt("no heads")) };
        let (count, last): (i64, Option<i32>) = (read::get(row, 0)?, read::get(row, 1)?);
        match u32::try_from(count) {
            Ok(partitions) if last.map(i64::from) == Some(count - 1) => Ok(partitions),
            _ => Err(read::corrupt("the partitions are not numbered from 0 without gaps")),
        }
    }

    async fn session(&self) -> std::result::Result<Session, Failure> {
        Ok(Session::new(self.pool.get().await?))
    }

    /// Runs one statement that may be repeated, until it is answered or patience ends.
    async fn fetch(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let mut retry = Retry::new();
        loop {
            match self.try_fetch(sql, params).await {
                Ok(rows) => return Ok(rows),
                Err(failure) => retry.after(failure).await?,
            }
        }
    }

    async fn try_fetch(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> std::result::Result<Vec<Row>, Failure> {
        self.session().await?.rows(sql, params).await
    }
}

impl Store for PostgresStore {
    fn traits(&self) -> Traits {
        Traits { shared: true, concurrent_appends: 3, batch_max: 200 }
    }
}

/// Connections that find the tables by themselves and prefer indexes: every statement on a hot path is a lookup by
/// key, and a plan made while a table was empty must not outlive that.
fn pool(options: &Options) -> Result<Pool> {
    let manager = Manager::from_config(
        options.config.clone(),
        options.tls.clone(),
        ManagerConfig { recycling_method: RecyclingMethod::Fast },
    );
    let settings = format!(
        "SET search_path TO {}; SET statement_timeout = {}; SET client_min_messages = warning",
        options.schema, options.statement_timeout_ms
    );
    let timeouts = Timeouts { wait: Some(POOL_WAIT), create: Some(POOL_WAIT), recycle: Some(POOL_WAIT) };
    Pool::builder(manager)
        .max_size(options.pool_size)
        .timeouts(timeouts)
        .runtime(Runtime::Tokio1)
        .post_create(Hook::async_fn(move |client, _| {
            let settings = settings.clone();
            Box::pin(async move {
                client.batch_execute(&settings).await.map_err(HookError::Backend)?;
                // Advice; a compatible database may not know it.
                let advice =
                    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";
                if let Err(cause) = client.batch_execute(advice).await {
                    tracing::debug!(%cause, "the planner takes no advice");
                }
                Ok(())
            })
        }))
        .build()
        .map_err(|cause| read::corrupt(&cause.to_string()))
}
