//! What is particular to the SQLite store: the file, the lock, crashes, failing disks. The rest is the conformance suite.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::ffi;

use super::SqliteStore;
use crate::conformance::draft::{Draft, START, execution};
use crate::conformance::{commit, try_one};
use crate::contract::{
    Appended, Error, Filter, Journal, Queue, Retention, Search, SearchRequest, Snapshot, Store, Timers,
};

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory") }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("segue.db")
    }

    fn open(&self) -> Arc<SqliteStore> {
        Arc::new(SqliteStore::open(&self.file()).expect("open"))
    }

    fn sql(&self, sql: &str) {
        Connection::open(self.file()).expect("open").execute_batch(sql).expect("sql");
    }

    fn number(&self, sql: &str) -> i64 {
        let connection = Connection::open(self.file()).expect("open");
        connection.query_row(sql, [], |row| row.get(0)).expect("sql")
    }
}

fn as_store(store: &Arc<SqliteStore>) -> Arc<dyn Store> {
    store.clone()
}

#[tokio::test]
async fn a_second_opener_learns_who_has_the_file() {
    let place = Place::new();
    let store = place.open();
    let refusal = || match SqliteStore::open(&place.file()) {
        Err(Error::Locked { path, pid, url }) => (path.to_string(), pid, url),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("opened twice"),
    };
    let path = place.file().display().to_string();
    assert_eq!(refusal(), (path.clone(), std::process::id(), None));
    store.announce("http://127.0.0.1:8080").expect("announce");
    assert_eq!(refusal(), (path, std::process::id(), Some("http://127.0.0.1:8080".into())));
    drop(store);
    let store = place.open();
    store.close().await.expect("close");
    let again = place.open();
    assert!(store.append(vec![]).await.is_err(), "closed for good");
    again.close().await.expect("close");
}

#[test]
fn what_is_not_ours_is_refused_and_left_alone() {
    let place = Place::new();
    let refused = |place: &Place| {
        let before = fs::read(place.file()).expect("read");
        let error = SqliteStore::open(&place.file()).err().expect("refused");
        assert_eq!(fs::read(place.file()).expect("read"), before, "untouched");
        error.to_string()
    };
    fs::write(place.file(), "name,amount\nx,1\n").expect("write");
    assert!(refused(&place).ends_with("it is not an SQLite database"));
    fs::write(place.file(), [0; 4096]).expect("write");
    assert!(refused(&place).ends_with("it is not an SQLite database"));
    fs::remove_file(place.file()).expect("remove");
    place.sql("CREATE TABLE theirs (x)");
    assert!(refused(&place).ends_with("it is the SQLite database of another application"));
    fs::remove_file(place.file()).expect("remove");

    drop(place.open());
    place.sql("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99");
    let error = SqliteStore::open(&place.file()).err().expect("refused");
    assert!(matches!(error, Error::Newer { found: 99, known: 4, .. }), "{error}");
    assert!(refused(&place).contains("schema version 99"));
}

#[test]
fn an_empty_file_becomes_a_database() {
    let place = Place::new();
    fs::write(place.file(), "").expect("write");
    drop(place.open());
    assert_eq!(place.number("PRAGMA user_version"), i64::from(super::schema::VERSION));
    assert_eq!(place.number("PRAGMA auto_vacuum"), 2, "incremental");
    assert_eq!(place.number("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
}

/// The tables are lost as by a crash right after the commit; opening folds the tail, removals included.
#[tokio::test]
async fn a_crash_before_the_fold_loses_nothing() {
    let place = Place::new();
    let store = place.open();
    let batch =
        (1..=50).map(|n| Draft::start(execution(n), "a").ready(1, "q", 0).claim_place(1, "l", 50).build());
    commit(&as_store(&store), batch.collect()).await;
    store.close().await.expect("close");
    place.sql("DELETE FROM executions; DELETE FROM leases; UPDATE progress SET folded = 0");
    // A removal that was interrupted before its rows were deleted.
    let id = execution(3).to_bytes();
    Connection::open(place.file())
        .and_then(|connection| connection.execute("INSERT INTO tombstones VALUES (?1, 1)", [id]))
        .expect("tombstone");

    let store = place.open();
    assert_eq!(store.counts().await.expect("counts"), [(segue_core::status::ExecutionStatus::Running, 49)]);
    let refused = Draft::start(execution(60), "a").claim_place(1, "l", 49).build();
    assert_eq!(try_one(&as_store(&store), refused).await, Appended::NotAdmitted { retry_at: None });
    let admitted = Draft::start(execution(60), "a").claim_place(1, "l", 50).build();
    commit(&as_store(&store), vec![admitted]).await;
    assert_eq!(store.load(execution(3), 0).await.expect("load"), None);
    assert_eq!(store.check().await.expect("check"), Vec::<String>::new());
    store.close().await.expect("close");
    assert_eq!(place.number("SELECT count(*) FROM tombstones WHERE rows_left = 1"), 0);
    assert_eq!(place.number("SELECT count(*) FROM journal"), 50);
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged_and_reads_go_on() {
    let place = Place::new();
    let store = place.open();
    commit(&as_store(&store), vec![Draft::start(execution(1), "a").wake(1).build()]).await;
    store.flush().await.expect("flush");
    *store.shared.fail_commit.lock() = Some(ffi::Error::new(ffi::SQLITE_IOERR_FSYNC));
    let failed = store.append(vec![Draft::start(execution(2), "a").build()]).await;
    assert!(matches!(failed, Err(Error::Unwritable(_))), "{failed:?}");
    let next = store.append(vec![Draft::start(execution(3), "a").build()]).await;
    assert!(matches!(next, Err(Error::Unwritable(_))), "for good: {next:?}");
    assert!(matches!(store.remove(execution(1)).await, Err(Error::Unwritable(_))));
    assert!(store.load(execution(1), 0).await.expect("load").is_some());
    assert_eq!(store.load(execution(2), 0).await.expect("load"), None);
    assert_eq!(store.due(START + 10, None, 10).await.expect("due").len(), 1);
    drop(store);
    let store = place.open();
    assert_eq!(store.load(execution(2), 0).await.expect("load"), None);
    commit(&as_store(&store), vec![Draft::start(execution(2), "a").build()]).await;
}

#[tokio::test]
async fn a_file_that_may_not_grow_refuses_and_recovers() {
    let place = Place::new();
    let store = place.open();
    let pages = |count: i64| {
        store.run(move |writer| {
            writer
                .connection
                .query_row(&format!("PRAGMA max_page_count = {count}"), [], |_| Ok(()))
                .expect("pragma");
            Ok(())
        })
    };
    pages(1).await.expect("limit");
    let large = || Draft::start(execution(1), "a").wake(1).log(1, 0, &"x".repeat(100_000)).build();
    let full = store.append(vec![large()]).await;
    assert!(matches!(full, Err(Error::Unwritable(_))), "{full:?}");
    assert_eq!(store.load(execution(1), 0).await.expect("load"), None);
    pages(1_000_000).await.expect("limit");
    commit(&as_store(&store), vec![large()]).await;
    assert_eq!(store.check().await.expect("check"), Vec::<String>::new());
}

/// A failed commit leaves no trace in what the writer keeps in memory.
#[tokio::test]
async fn a_full_disk_is_an_error_until_there_is_room() {
    let place = Place::new();
    let store = place.open();
    let starts = (1..=3).map(|n| Draft::start(execution(n), "a").ready(1, "q", 0).build());
    commit(&as_store(&store), starts.collect()).await;
    *store.shared.fail_commit.lock() = Some(ffi::Error::new(ffi::SQLITE_FULL));
    let claim = |n| Draft::of(execution(n), 1).claim_place(1, "l", 1).build();
    let keyed = || Draft::start_with_key(execution(4), "a", "k").build();
    let full = store.append(vec![claim(1), keyed()]).await;
    assert!(matches!(full, Err(Error::Unwritable(_))), "{full:?}");
    commit(&as_store(&store), vec![claim(2), keyed()]).await;
    assert_eq!(try_one(&as_store(&store), claim(3)).await, Appended::NotAdmitted { retry_at: None });
    commit(&as_store(&store), vec![Draft::of(execution(1), 1).build()]).await;
    assert_eq!(store.slot_holders("l", 9).await.expect("holders").len(), 1);
    assert_eq!(store.check().await.expect("check"), Vec::<String>::new());
}

#[tokio::test]
async fn waiting_appends_share_a_commit() {
    let place = Place::new();
    let store = place.open();
    let (release, held) = std::sync::mpsc::channel::<()>();
    // The writer is held up until all appends wait.
    let blocked = {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .run(move |_| {
                    let _ = held.recv();
                    Ok(())
                })
                .await
        })
    };
    let appends: Vec<_> = (1..=100)
        .map(|n| {
            let store = as_store(&store);
            tokio::spawn(async move { try_one(&store, Draft::start(execution(n), "a").build()).await })
        })
        .collect();
    while store.waiting.available_permits() > super::WAITING_RECORDS_MAX - 100 {
        tokio::task::yield_now().await;
    }
    release.send(()).expect("the writer waits");
    for append in appends {
        assert!(matches!(append.await.expect("append"), Appended::Committed { .. }));
    }
    blocked.await.expect("join").expect("run");
    let activity = store.activity();
    assert_eq!(activity.records, 100);
    assert!(activity.commits < 10, "{activity:?}");
}

#[tokio::test]
async fn a_damaged_record_is_named_and_spoils_nothing_else() {
    let place = Place::new();
    let store = place.open();
    let batch = (1..=3).map(|n| Draft::start(execution(n), "a").ready(1, "q", 0).build());
    commit(&as_store(&store), batch.collect()).await;
    store.put_snapshot(execution(2), Snapshot { seq: 1, body: Default::default() }).await.expect("put");
    store.close().await.expect("close");
    place.sql("UPDATE journal SET body = x'7b' WHERE position = 1; UPDATE journal SET format = 99 WHERE position = 2");
    let store = place.open();
    let error = store.load(execution(1), 0).await.expect_err("damaged").to_string();
    assert!(error.contains("record 1: damaged record"), "{error}");
    assert!(store.load(execution(2), 0).await.expect("load").is_some(), "the snapshot stands for it");
    assert!(store.load(execution(3), 0).await.expect("load").is_some());
    let findings = store.check().await.expect("check");
    assert!(findings.iter().any(|finding| finding.contains("damaged record")), "{findings:?}");
    assert!(findings.iter().any(|finding| finding.contains("newer")), "{findings:?}");
    assert_eq!(store.rebuild().await.expect("rebuild"), 3);
    let all = SearchRequest { filter: Filter::All(vec![]), order: vec![], offset: 0, count_max: 9 };
    let found = store.search(all).await.expect("search").rows;
    assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [execution(3)]);
}

#[tokio::test]
async fn a_gap_in_the_seqs_is_found() {
    let place = Place::new();
    let store = place.open();
    let mut batch = vec![Draft::start(execution(1), "a").wake(1).build()];
    batch.extend((1..5).map(|seq| Draft::of(execution(1), seq).wake(1).build()));
    commit(&as_store(&store), batch).await;
    store.flush().await.expect("flush");
    place.sql("DELETE FROM journal WHERE seq = 3");
    let findings = store.check().await.expect("check");
    let expected = format!("journal: execution {} has 4 records but its last is number 5", execution(1));
    assert_eq!(findings, [expected]);
}

/// The files as they are in the middle of the work, as a power cut leaves them.
#[tokio::test]
async fn a_copy_of_the_files_in_use_opens_with_all_that_was_answered() {
    let place = Place::new();
    let store = place.open();
    let starts = (1..=500).map(|n| Draft::start(execution(n), "a").ready(1, "q", 0).build());
    commit(&as_store(&store), starts.collect()).await;
    let copy = Place::new();
    for ending in ["", "-wal"] {
        let from = super::lock::beside(&place.file(), ending);
        fs::copy(from, super::lock::beside(&copy.file(), ending)).expect("copy");
    }
    let store = copy.open();
    assert!(!store.shared.is_behind());
    assert_eq!(copy.number("SELECT folded FROM progress"), 500);
    assert_eq!(copy.number("SELECT count(*) FROM executions"), 500);
    assert_eq!(store.check().await.expect("check"), Vec::<String>::new());
}
