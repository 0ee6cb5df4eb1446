//! `/metrics`: figures in Prometheus' text format.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::State;
use axum::http::{Method, header};
use axum::response::IntoResponse;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use segue_engine::Engine;

use crate::app::App;
use crate::error::Problem;
use crate::reply::Reply;
use crate::route::{Route, get, numbered};

pub(crate) fn routes() -> Vec<Route> {
    vec![get("/metrics", "Figures for Prometheus", serve)]
}

async fn serve(State(app): State<App>) -> Reply {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &app.metrics.registry).map_err(|error| {
        Problem::new(
            axum::http::StatusCode::INTERNAL_SERVER_ERROR,
            format!("cannot write the metrics: {error}"),
        )
    })?;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, content_type)], text).into_response())
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: &'static str,
    status: u16,
}

/// What is measured.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Histogram>,
    /// Verb and written path by the router's path.
    routes: HashMap<String, Vec<(Method, &'static str)>>,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// From a quarter of a millisecond, which a committed call takes, to the longest poll.
const SECONDS: [f64; 12] = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 60.0];

impl Metrics {
    pub(crate) fn new(engine: Engine, table: &[Route]) -> Self {
        let mut registry = Registry::with_prefix("segue");
        let requests = Family::new_with_constructor(histogram as fn() -> Histogram);
        registry.register("http_request_seconds", "Time to answer by route", requests.clone());
        registry.register_collector(Box::new(Figures(engine)));
        let mut routes: HashMap<String, Vec<(Method, &'static str)>> = HashMap::new();
        for route in table {
            routes.entry(numbered(route.path)).or_default().push((route.method.clone(), route.path));
        }
        Self { registry, requests, routes }
    }

    /// A request was answered; `path` is the router's.
    pub(crate) fn observe(&self, method: &Method, path: Option<&str>, status: u16, took: Duration) {
        let verbs = path.and_then(|path| self.routes.get(path));
        let known = verbs.and_then(|verbs| verbs.iter().find(|(verb, _)| verb == method));
        let (method, route) = match known {
            Some((verb, path)) => (name(verb), *path),
            None => ("OTHER", "unknown"),
        };
        self.requests.get_or_create(&Labels { method, route, status }).observe(took.as_secs_f64());
    }
}

fn histogram() -> Histogram {
    Histogram::new(SECONDS)
}

fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "OTHER",
    }
}

/// The engine's and the store's own figures, read when somebody asks.
struct Figures(Engine);

impl std::fmt::Debug for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Figures")
    }
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let counters = self.0.counters();
        let activity = self.0.activity();
        for (name, help, value) in [
            ("executions_started", "Executions started on this node", counters.started),
            ("executions_ended", "Executions ended on this node", counters.ended),
            ("attempts_claimed", "Attempts handed to workers", counters.claimed),
            ("attempts_completed", "Attempts ended by a result or a rule", counters.completed),
            ("append_conflicts", "Appends that lost to another writer", counters.conflicts),
            ("executions_loaded", "Executions loaded from the store", counters.loads),
            ("store_commits", "Group commits", activity.commits),
            ("store_records", "Journal records appended", activity.records),
            ("store_bytes", "Bytes given to the database", activity.bytes),
            ("store_syncs", "Syncs of the journal to disk", activity.syncs),
        ] {
            let metric = ConstCounter::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        let (backlog, cached, orphans) = self.0.gauges();
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        for (name, help, value) in [
            ("backlog", "Records that wait for the disk", count(backlog)),
            ("cached_executions", "Executions in memory", count(cached)),
            (
                "orphaned_executions",
                "Running executions that nothing would wake, by the last audit",
                i64::try_from(orphans).unwrap_or(i64::MAX),
            ),
            ("read_only", "1 once the store cannot be written", i64::from(self.0.is_read_only())),
        ] {
            let metric = ConstGauge::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        Ok(())
    }
}
