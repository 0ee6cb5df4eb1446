//! Three servers on one PostgreSQL, and everything that may happen to them: a kill, a pause past the lease, cut connections,
//! a database that stops as in a power cut. Afterwards the journal is held against what clients were told.

mod clients;
mod faults;
mod history;

use std::sync::Arc;
use std::time::{Duration, Instant};

use clients::Clients;
use faults::Cluster;

/// How long faults go on; `SEGUE_CLUSTER_SECONDS` sets another time.
const SECONDS: u64 = 15;
/// Within so long after the last fault everything has to end.
const CALM: Duration = Duration::from_secs(120);

#[test]
fn three_servers_on_one_database_keep_every_promise() {
    let Some(database) = segue_testkit::postgres::private_cluster() else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("SEGUE_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let seconds = number("SEGUE_CLUSTER_SECONDS").unwrap_or(SECONDS);
    println!("replay the faults with SEGUE_SEED={seed} cargo test -p segue-cli --test cli three_servers");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut cluster = Cluster::start(database, seed);
        let clients = Arc::new(Clients::new(cluster.urls()));
        clients.register().await;
        let load = clients.clone().load();
        let deadline = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < deadline {
            cluster.fault().await;
        }
        cluster.calm();
        clients.stop_starts();
        let started = clients.started();
        assert!(!started.is_empty(), "no start was acknowledged");
        println!("{} starts acknowledged; faults: {}", started.len(), cluster.told());
        let deadline = Instant::now() + CALM;
        for id in &started {
            let records = clients.records_at_end(id, deadline).await;
            history::check(id, &records);
        }
        clients.check_claims();
        drop(load);
    });
}
