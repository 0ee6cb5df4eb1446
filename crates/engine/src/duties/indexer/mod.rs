//! Carries the index of attempts and words forward, behind the journal's back: no step waits for it. While much is going on it
//! stands back for [`LAG`], so that what began and ended meanwhile is looked at once, and a peak has the machine for itself;
//! then it goes on beside the work, with a share of one core. A search that needs it carries it to where the journal was when
//! the search began.

mod touched;

use std::sync::Arc;
use std::time::Duration;

use segue_store::contract::{Error as StoreError, IndexBatch, IndexProgress, StoredRecord};
use tokio::time::Instant;

use crate::engine::Inner;
use crate::error::Error;

/// How long the index rests when it is up to date, and at most.
const PAUSE: Duration = Duration::from_millis(500);
/// How long it rests between two batches at least.
const BREATH: Duration = Duration::from_millis(2);
/// How long it stands back while much is going on.
const LAG: Duration = Duration::from_secs(10);
/// Records in a batch: a bound on how long an append may have to wait for one. Larger ones hardly take less time for each.
const RECORDS_MAX: usize = 100;
/// The length of a record that is not a long one.
const RECORD_BYTES: u64 = 1_000;
/// How long a search waits for the index.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much is going on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Load {
    Low,
    High,
    /// The machine does what it can.
    Full,
}

impl Load {
    fn of(records_per_second: u64) -> Self {
        match records_per_second {
            0..=300 => Self::Low,
            301..=3_000 => Self::High,
            _ => Self::Full,
        }
    }

    /// The rest after a batch that took so long.
    fn rest(self, took: Duration) -> Duration {
        match self {
            Self::Low => BREATH,
            Self::High => (took * 4).clamp(BREATH, PAUSE),
            Self::Full => (took * 32).clamp(BREATH, PAUSE),
        }
    }
}

/// What was seen of the journal when, and since when the index stands back.
struct Watch {
    seen: (Instant, u64),
    standing_back: Option<Instant>,
}

impl Watch {
    fn load(&mut self, now: Instant, records: u64) -> Load {
        let elapsed_ms = u64::try_from((now - self.seen.0).as_millis()).unwrap_or(u64::MAX).max(1);
        let load = Load::of(records.saturating_sub(self.seen.1).saturating_mul(1000) / elapsed_ms);
        self.seen = (now, records);
        load
    }

    fn stands_back(&mut self, now: Instant, load: Load) -> bool {
        if load == Load::Low {
            self.standing_back = None;
            return false;
        }
        now - *self.standing_back.get_or_insert(now) < LAG
    }
}

pub(crate) async fn run(inner: Arc<Inner>) {
    let mut watch = Watch { seen: (Instant::now(), records(&inner)), standing_back: None };
    let mut pause = PAUSE;
    loop {
        tokio::time::sleep(pause).await;
        let now = Instant::now();
        let load = watch.load(now, records(&inner));
        pause = PAUSE;
        if watch.stands_back(now, load) {
            continue;
        }
        let turn = inner.indexing.lock().await;
        let done = advance(&inner).await;
        drop(turn);
        match done {
            Ok(true) => pause = load.rest(now.elapsed()),
            Ok(false) => watch.standing_back = None,
            Err(error) if !inner.is_read_only() && !inner.is_stopping() => {
                tracing::warn!(%error, "the search index could not be carried forward");
            }
            Err(_) => {}
        }
    }
}

/// So many records were appended; long ones, as of a fork that begins, count as several.
fn records(inner: &Inner) -> u64 {
    let activity = inner.store.activity();
    activity.records.max(activity.bytes / RECORD_BYTES)
}

/// Carries the index to where the journal is now, or as far as it gets within a few seconds; how many positions it
/// still is behind.
///
/// # Errors
/// The store's; but a store that cannot be written is searched as far as it is indexed.
pub(crate) async fn catch_up(inner: &Arc<Inner>) -> Result<u64, Error> {
    let wanted = inner.store.index_progress().await?;
    let mut missing = behind(&wanted, &wanted);
    let deadline = Instant::now() + PATIENCE;
    while missing > 0 && Instant::now() < deadline {
        let Ok(turn) = tokio::time::timeout_at(deadline, inner.indexing.lock()).await else { break };
        let progress = inner.store.index_progress().await?;
        missing = behind(&wanted, &progress);
        if missing == 0 {
            break;
        }
        match advance(inner).await {
            Ok(_) => {}
            Err(Error::Store(StoreError::Unwritable(_))) => break,
            Err(error) => return Err(error),
        }
        drop(turn);
        missing = behind(&wanted, &inner.store.index_progress().await?);
    }
    Ok(missing)
}

fn behind(wanted: &[IndexProgress], progress: &[IndexProgress]) -> u64 {
    let each = wanted.iter().zip(progress);
    each.map(|(wanted, progress)| wanted.head.saturating_sub(progress.indexed)).sum()
}

/// A batch of each partition; false if there was nothing to do.
async fn advance(inner: &Arc<Inner>) -> Result<bool, Error> {
    let mut has_more = false;
    for (partition, progress) in (0u32..).zip(inner.store.index_progress().await?) {
        if progress.indexed < progress.head {
            has_more = true;
            let (upto, records) = stretch(inner, partition, progress).await?;
            let entries = touched::entries(inner, &records).await?;
            let batch = IndexBatch { partition, after: progress.indexed, upto, entries };
            // If another node was faster, its batch is as good.
            inner.store.index(batch).await?;
        }
    }
    Ok(has_more)
}

/// The next records of a partition, and the position that they lead to. A record that cannot be read is passed over.
async fn stretch(
    inner: &Inner,
    partition: u32,
    progress: IndexProgress,
) -> Result<(u64, Vec<StoredRecord>), Error> {
    let after = progress.indexed;
    let mut found = inner.store.tail(partition, after, RECORDS_MAX).await;
    if matches!(found, Err(StoreError::Undecodable { .. })) {
        found = inner.store.tail(partition, after, 1).await;
    }
    match found {
        Ok(records) => {
            // Without any, those up to the head are removed.
            let upto = records.last().map_or(progress.head, |last| last.position);
            Ok((upto, records))
        }
        Err(error @ StoreError::Undecodable { .. }) => {
            tracing::warn!(%error, "a record is not in the search index");
            Ok((after + 1, Vec::new()))
        }
        Err(error) => Err(error.into()),
    }
}
