//! The ceiling that measurements are compared with: rows committed in groups, and nothing else.
//!
//! The same database, the same settings and the same way of sharing a commit as the real store, but one
//! table, one row a call, no index, no state.

use std::path::Path;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::contract::{Error, Result};
use crate::postgres::Options;

/// Rows in one commit at most.
const BATCH_MAX: usize = 1000;

type Call = (Vec<u8>, oneshot::Sender<Result<()>>);

/// A table that rows are appended to.
#[derive(Clone)]
pub struct Bare {
    calls: mpsc::UnboundedSender<Call>,
}

impl Bare {
    /// A fresh SQLite file, set up as the store sets up its own.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn sqlite(path: &Path) -> Result<Self> {
        let failed = |error: rusqlite::Error| Error::Unavailable(error.to_string().into());
        let connection = crate::sqlite::bare_connection(path).map_err(failed)?;
        connection
            .execute_batch(
                "CREATE TABLE row (position INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)",
            )
            .map_err(failed)?;
        let (calls, receiver) = mpsc::unbounded_channel();
        std::thread::Builder::new()
            .name("bare-writer".to_owned())
            .spawn(move || write_sqlite(connection, receiver))
            .map_err(|error| Error::Unavailable(error.to_string().into()))?;
        Ok(Self { calls })
    }

    /// A fresh table in a PostgreSQL database.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn postgres(url: &str) -> Result<Self> {
        let failed = |error: tokio_postgres::Error| Error::Unavailable(error.to_string().into());
        let Options { config, tls, schema, .. } = Options::parse(url)?;
        let (client, connection) = config.connect(tls).await.map_err(failed)?;
        tokio::spawn(connection);
        client
            .batch_execute(&format!(
                "SET client_min_messages = warning;
                 CREATE SCHEMA IF NOT EXISTS {schema};
                 SET search_path TO {schema};
                 DROP TABLE IF EXISTS segue_bare;
                 CREATE TABLE segue_bare (position bigserial PRIMARY KEY, body bytea NOT NULL)",
            ))
            .await
            .map_err(failed)?;
        let (calls, receiver) = mpsc::unbounded_channel();
        tokio::spawn(write_postgres(client, receiver));
        Ok(Self { calls })
    }

    /// Appends a row; it is durable when this returns.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn commit(&self, row: Vec<u8>) -> Result<()> {
        let closed = || Error::Unavailable("the bare writer has ended".into());
        let (done, outcome) = oneshot::channel();
        self.calls.send((row, done)).map_err(|_| closed())?;
        outcome.await.unwrap_or_else(|_| Err(closed()))
    }
}

fn write_sqlite(mut connection: Connection, mut calls: mpsc::UnboundedReceiver<Call>) {
    let mut batch = Vec::new();
    while calls.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        let outcome =
            insert_all(&mut connection, &batch).map_err(|error| Error::Unavailable(error.to_string().into()));
        answer(&mut batch, &outcome);
    }
}

fn insert_all(connection: &mut Connection, batch: &[Call]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached("INSERT INTO row (body) VALUES (?1)")?;
        for (row, _) in batch {
            insert.execute([row])?;
        }
    }
    transaction.commit()
}

async fn write_postgres(client: tokio_postgres::Client, mut calls: mpsc::UnboundedReceiver<Call>) {
    let mut batch = Vec::new();
    while calls.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let rows: Vec<&[u8]> = batch.iter().map(|(row, _)| row.as_slice()).collect();
        let inserted =
            client.execute("INSERT INTO segue_bare (body) SELECT unnest($1::bytea[])", &[&rows]).await;
        let outcome = inserted.map(drop).map_err(|error| Error::Unavailable(error.to_string().into()));
        answer(&mut batch, &outcome);
    }
}

fn answer(batch: &mut Vec<Call>, outcome: &Result<()>) {
    for (_, done) in batch.drain(..) {
        // The caller may have gone.
        let _ = done.send(outcome.clone());
    }
}
