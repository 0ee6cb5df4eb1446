//! The servers, their database, and what is done to them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use segue_testkit::postgres::Cluster as Database;

use crate::program::Running;

const SERVERS: usize = 3;
/// Longer than the lease of the attempts.
const PAUSE: Duration = Duration::from_millis(1800);

pub(super) type Urls = Arc<Mutex<Vec<String>>>;

pub(super) struct Cluster {
    // Ends before the database does.
    servers: Vec<Running>,
    urls: Urls,
    directory: tempfile::TempDir,
    url: String,
    dice: u64,
    told: BTreeMap<&'static str, u32>,
    database: Database,
}

impl Cluster {
    pub(super) fn start(database: Database, seed: u64) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let url = database.fresh_url();
        let servers: Vec<Running> =
            (0..SERVERS).map(|_| Running::start_on(directory.path(), &url, &[])).collect();
        let urls = Arc::new(Mutex::new(servers.iter().map(|server| server.url.clone()).collect()));
        Self { servers, urls, directory, url, dice: seed, told: BTreeMap::new(), database }
    }

    /// Where the servers are, at present.
    pub(super) fn urls(&self) -> Urls {
        self.urls.clone()
    }

    /// One fault, and the time that it takes.
    pub(super) async fn fault(&mut self) {
        tokio::time::sleep(Duration::from_millis(200 + self.draw(500))).await;
        let server = self.draw(SERVERS as u64) as usize;
        let name = match self.draw(100) {
            0..30 => {
                self.servers[server].kill();
                self.replace(server);
                "kills"
            }
            30..45 => {
                self.signal(server, "TERM");
                while !self.servers[server].has_ended() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                self.replace(server);
                "restarts"
            }
            45..65 => {
                self.signal(server, "STOP");
                tokio::time::sleep(PAUSE).await;
                self.signal(server, "CONT");
                "pauses"
            }
            65..85 => {
                self.cut_connections().await;
                "cut connections"
            }
            _ => {
                self.database.stop();
                tokio::time::sleep(Duration::from_millis(self.draw(400))).await;
                self.database.restart();
                "stops of the database"
            }
        };
        *self.told.entry(name).or_default() += 1;
    }

    /// A new server in the place of one that ended.
    fn replace(&mut self, server: usize) {
        let fresh = Running::start_on(self.directory.path(), &self.url, &[]);
        self.urls.lock().expect("not poisoned")[server] = fresh.url.clone();
        self.servers[server] = fresh;
    }

    fn signal(&self, server: usize, signal: &str) {
        let pid = self.servers[server].pid().to_string();
        let status =
            std::process::Command::new("kill").args(["-s", signal, &pid]).status().expect("kill runs");
        assert!(status.success());
    }

    async fn cut_connections(&self) {
        let url = self.database.url();
        let (client, connection) =
            tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("the database answers");
        tokio::spawn(connection);
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
        client.execute(sql, &[]).await.expect("cuts");
    }

    /// No more faults: servers that died of one are replaced.
    pub(super) fn calm(&mut self) {
        for server in 0..SERVERS {
            if self.servers[server].has_ended() {
                panic!("server {server} ended by itself");
            }
        }
    }

    /// What was done, in words.
    pub(super) fn told(&self) -> String {
        format!("{:?}", self.told)
    }

    /// A number below `bound` (SplitMix64).
    fn draw(&mut self, bound: u64) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
