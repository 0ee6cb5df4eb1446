//! PostgreSQL passes the suite, and keeps the promises that only a shared database makes.

mod doubt;
mod healing;
mod secured;
mod sharing;
mod suite;

use segue_store::postgres::PostgresStore;
use tokio_postgres::NoTls;

/// A connection behind the store's back, in the url's schema.
async fn raw(url: &str) -> tokio_postgres::Client {
    let (base, schema) = url.split_once("?schema=").expect("a url with a schema");
    let (client, connection) = tokio_postgres::connect(base, NoTls).await.expect("connect");
    tokio::spawn(connection);
    client.batch_execute(&format!("SET search_path TO {schema}")).await.expect("search_path");
    client
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(url).await.expect("open")
}
