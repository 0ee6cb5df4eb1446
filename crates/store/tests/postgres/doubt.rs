//! Commits whose answer is lost on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use segue_store::conformance::draft::{Draft, execution};
use segue_store::contract::{Appended, Journal, Retention};
use segue_testkit::postgres::cluster;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::open;

const PASS: u8 = 0;
/// The server commits, the answer is lost.
const LOSE_ANSWER: u8 = 1;
/// The request is lost, so nothing is committed.
const LOSE_REQUEST: u8 = 2;

/// A relay before the server that cuts a connection at its next commit.
async fn relay(server: String, cut: Arc<AtomicU8>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("bind");
    let port = listener.local_addr().expect("address").port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(&server).await else { continue };
            let (client_read, client_write) = client.into_split();
            let (server_read, server_write) = server.into_split();
            let (requests, answers) = (
                forward(client_read, server_write, cut.clone(), LOSE_REQUEST),
                forward(server_read, client_write, cut.clone(), LOSE_ANSWER),
            );
            tokio::spawn(async move {
                tokio::select! { () = requests => {} () = answers => {} }
            });
        }
    });
    port
}

/// Ends, and with it the connection, at a chunk that speaks of a commit if that is what `cut` asks.
async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, cut: Arc<AtomicU8>, mode: u8) {
    let mut chunk = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        let speaks_of_commit = chunk[..length].windows(6).any(|word| word == b"COMMIT");
        if speaks_of_commit && cut.compare_exchange(mode, PASS, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            return;
        }
        if to.write_all(&chunk[..length]).await.is_err() {
            return;
        }
    }
}

/// Whether the commit or its answer was lost, the caller hears what became of each append, and nothing is there twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unanswered_commit_is_read_back() {
    let Some(cluster) = cluster() else { return };
    let url = cluster.fresh_url();
    let (place, database) = url.split_once('@').and_then(|(_, rest)| rest.split_once('/')).expect("a url");
    let cut = Arc::new(AtomicU8::new(PASS));
    let port = relay(place.to_owned(), cut.clone()).await;
    let store = open(&format!("postgres://postgres@127.0.0.1:{port}/{database}")).await;
    let taken = Draft::start_with_key(execution(90), "a", "key").build();
    store.append(vec![taken, Draft::start(execution(91), "a").build()]).await.expect("append");
    for (n, mode) in [(1, LOSE_ANSWER), (2, LOSE_REQUEST), (3, LOSE_ANSWER)] {
        cut.store(mode, Ordering::SeqCst);
        let batch = vec![
            Draft::start(execution(n), "a").ready(1, "q", 0).build(),
            Draft::start_with_key(execution(n + 10), "a", "key").build(),
            Draft::of(execution(91), n).claim_place(1, "limit", 1).build(),
            Draft::of(execution(n), 1).claim(1, 5).build(),
            Draft::of(execution(91), 77).build(),
        ];
        // Without admissions and with them.
        let batch = if n == 3 { batch } else { batch.into_iter().map(unlimited).collect() };
        let outcomes = store.append(batch).await.expect("append");
        assert_eq!(cut.load(Ordering::SeqCst), PASS, "the connection was cut");
        let committed = |outcome: &Appended| matches!(outcome, Appended::Committed { position: 1.. });
        assert!([0, 2, 3].iter().all(|place| committed(&outcomes[*place])), "{outcomes:?}");
        assert_eq!(outcomes[1], Appended::DuplicateKey { existing: execution(90) });
        assert_eq!(outcomes[4], Appended::Conflict);
        assert_eq!(store.load(execution(n), 0).await.expect("load").expect("exists").tail.len(), 2);
    }
    assert_eq!(store.load(execution(91), 0).await.expect("load").expect("exists").tail.len(), 4);
    assert_eq!(store.check().await.expect("check"), Vec::<String>::new());
}

fn unlimited(append: segue_store::contract::Append) -> segue_store::contract::Append {
    segue_store::contract::Append { admission: None, ..append }
}
