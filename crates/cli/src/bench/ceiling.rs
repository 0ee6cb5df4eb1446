//! What the machine allows: calls a second of a route that commits one row and answers.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use hyper::Method;
use segue_store::bare::Bare;

use super::connection::Connection;
use super::{Error, Place, Plan};

/// About what one step's record and result are.
const ROW_BYTES: usize = 250;
const MEASURED: Duration = Duration::from_millis(1500);

/// Committed rows a second with as many connections as the plan has workers.
pub(crate) async fn measure(place: &Place, plan: &Plan) -> Result<f64, Error> {
    let bare = match &place.postgres {
        Some(url) => Bare::postgres(url).await?,
        None => Bare::sqlite(&place.directory.join("ceiling.db"))?,
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let routes = axum::Router::new().route("/row", post(commit)).with_state(bare);
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    let begun = Instant::now();
    let calls = (0..plan.workers.max(1)).map(|_| {
        tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            let row = Bytes::from(vec![b'x'; ROW_BYTES]);
            let mut count = 0u64;
            while begun.elapsed() < MEASURED {
                connection.call(Method::POST, "/row", row.clone()).await?;
                count += 1;
            }
            Ok::<u64, Error>(count)
        })
    });
    let calls: Vec<_> = calls.collect();
    let mut rows = 0;
    for call in calls {
        rows += call.await??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    server.abort();
    Ok(rows as f64 / seconds)
}

async fn commit(State(bare): State<Bare>, row: Bytes) -> Result<&'static str, String> {
    bare.commit(row.to_vec()).await.map(|()| "ok").map_err(|error| error.to_string())
}
