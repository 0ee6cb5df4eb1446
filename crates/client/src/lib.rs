//! A client of Segue's HTTP API, which is Conductor's, and a worker loop on top of it.
//!
//! ```no_run
//! use segue_client::{Client, Outcome, Worker, WorkerOptions, WorkerPool};
//! use serde_json::json;
//!
//! # async fn example() -> Result<(), segue_client::Error> {
//! let client = Client::new("http://127.0.0.1:8080")?;
//! let greet = Worker::new("greet", |task| async move {
//!     let name = task.input["name"].as_str().unwrap_or("world").to_owned();
//!     Outcome::Completed(json!({"greeting": format!("Hello {name}")}))
//! });
//! let pool = WorkerPool::new(client, vec![greet], WorkerOptions::default());
//! pool.start();
//! tokio::signal::ctrl_c().await.ok();
//! pool.stop().await;
//! # Ok(())
//! # }
//! ```

mod http;
mod metrics;
mod options;
mod pool;
mod runner;
mod task;
mod transport;

pub use http::{Client, Error};
pub use metrics::Metrics;
pub use options::WorkerOptions;
pub use pool::{Worker, WorkerPool};
pub use task::{Outcome, Status, Task};
pub use transport::{root_cause, transport};

/// The guide's blocks, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guides/rust-worker.md")]
struct Guide;
