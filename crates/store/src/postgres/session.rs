//! One connection in use, and statements sent without waiting for the answer to the one before.

use deadpool_postgres::Object;
use futures::future::BoxFuture;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::failure::Failure;

/// A statement's parameters.
pub(super) type Params<'a> = Vec<&'a (dyn ToSql + Sync)>;

/// A connection from the pool. Dropped inside a transaction (an error, a caller that went away) it is closed, not
/// given back.
pub(super) struct Session {
    // Absent only while it is dropped.
    connection: Option<Object>,
    in_transaction: bool,
}

impl Session {
    pub(super) fn new(connection: Object) -> Self {
        Self { connection: Some(connection), in_transaction: false }
    }

    fn connection(&self) -> Result<&Object, Failure> {
        self.connection.as_ref().ok_or_else(|| Failure::Again("the connection is gone".into()))
    }

    /// Prepares a statement once for each connection.
    pub(super) async fn prepare(&self, sql: &str) -> Result<Statement, Failure> {
        Ok(self.connection()?.prepare_cached(sql).await?)
    }

    /// Runs one statement.
    pub(super) async fn rows(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Failure> {
        let statement = self.prepare(sql).await?;
        Ok(self.connection()?.query(&statement, params).await?)
    }

    /// Runs texts without parameters.
    pub(super) async fn run(&self, sql: &str) -> Result<(), Failure> {
        Ok(self.connection()?.batch_execute(sql).await?)
    }

    /// A transaction is about to be begun in a flight.
    pub(super) fn enter(&mut self) {
        self.in_transaction = true;
    }

    /// Begins a transaction in which every statement sees what was committed before that statement.
    pub(super) async fn begin(&mut self) -> Result<(), Failure> {
        self.in_transaction = true;
        self.run("BEGIN ISOLATION LEVEL READ COMMITTED").await
    }

    /// Begins a transaction that sees one moment.
    pub(super) async fn begin_snapshot(&mut self) -> Result<(), Failure> {
        self.in_transaction = true;
        self.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0").await
    }

    /// Ends the transaction and keeps what it did.
    pub(super) async fn commit(&mut self) -> Result<(), Failure> {
        self.connection()?.batch_execute("COMMIT").await.map_err(|cause| Failure::of_commit(&cause))?;
        self.in_transaction = false;
        Ok(())
    }

    /// Ends the transaction and forgets what it did.
    pub(super) async fn rollback(&mut self) -> Result<(), Failure> {
        self.run("ROLLBACK").await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Begins to send statements one behind the other.
    pub(super) fn flight(&self) -> Flight<'_> {
        Flight { session: self, sent: Vec::new() }
    }

    /// The flight's commit was answered.
    pub(super) fn committed(&mut self) {
        self.in_transaction = false;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.in_transaction
            && let Some(connection) = self.connection.take()
        {
            drop(Object::take(connection));
        }
    }
}

/// A statement with its parameters.
pub(super) struct Call<'a> {
    pub(super) sql: &'static str,
    pub(super) params: Params<'a>,
}

/// Statements under way, in the order in which they were sent.
pub(super) struct Flight<'a> {
    session: &'a Session,
    sent: Vec<BoxFuture<'a, Result<Vec<Row>, tokio_postgres::Error>>>,
}

impl<'a> Flight<'a> {
    /// Sends prepared statements. All of them are prepared before the first is sent, else those that are
    /// known already would overtake.
    pub(super) async fn calls(&mut self, calls: Vec<Call<'a>>) -> Result<(), Failure> {
        let mut prepared = Vec::with_capacity(calls.len());
        for call in calls {
            prepared.push((self.session.prepare(call.sql).await?, call.params));
        }
        let connection = self.session.connection()?;
        for (statement, params) in prepared {
            self.send(Box::pin(async move { connection.query(&statement, &params).await })).await;
        }
        Ok(())
    }

    /// Sends a text without parameters.
    pub(super) async fn text(&mut self, sql: &'static str) -> Result<(), Failure> {
        let connection = self.session.connection()?;
        let request = async move { connection.batch_execute(sql).await.map(|()| Vec::new()) };
        self.send(Box::pin(request)).await;
        Ok(())
    }

    /// The driver sends a request when its future is polled first.
    async fn send(&mut self, mut request: BoxFuture<'a, Result<Vec<Row>, tokio_postgres::Error>>) {
        self.sent.push(match futures::poll!(request.as_mut()) {
            std::task::Poll::Ready(answer) => Box::pin(std::future::ready(answer)),
            std::task::Poll::Pending => request,
        });
    }

    /// The answers, in the order of sending.
    pub(super) async fn land(self) -> Vec<Result<Vec<Row>, tokio_postgres::Error>> {
        let mut answers = Vec::with_capacity(self.sent.len());
        for request in self.sent {
            answers.push(request.await);
        }
        answers
    }
}
