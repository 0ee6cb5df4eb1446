//! `segue bench` drives a whole server: on every store each execution that it starts ends, or the command fails.

use crate::program::segue;

/// Enough for attempts of many executions to be under way at once, small enough for a build without optimisation.
const LOAD: [&str; 9] =
    ["bench", "--executions", "150", "--in-flight", "100", "--runs", "1", "--patience", "60"];

fn measures(store: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let args: Vec<&str> = LOAD.into_iter().chain(["--store", store, "--json"]).collect();
    let output = segue(directory.path(), &args).ok();
    let figures = output.json();
    for figure in ["steps_per_s", "ceiling_per_s", "p50_ms", "p99_ms", "bytes_per_step"] {
        assert!(figures[figure].as_f64().is_some_and(|value| value > 0.0), "{figure}: {figures}");
    }
    assert!(output.err.contains("run 1: "), "progress: {}", output.err);
}

#[test]
fn every_execution_ends_on_sqlite() {
    measures(".");
}

#[test]
fn every_execution_ends_on_postgresql() {
    let Some(cluster) = segue_testkit::postgres::cluster() else { return };
    measures(&cluster.fresh_url());
}
