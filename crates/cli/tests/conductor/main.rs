//! What a server must do to be taken for Conductor, as a table of cases over HTTP against the binary.
//!
//! `cases/*.yaml` say what is registered, called and expected; [`case`] is their format. All of them are
//! played on a server over SQLite and on one over PostgreSQL. An argument picks cases by a part of their name;
//! `--marked` plays the ones that say what they need, too.

mod case;
mod client;
mod files;
mod matching;
mod play;
#[path = "../cli/program.rs"]
#[allow(dead_code)]
mod program;
mod report;
mod stand_in;
mod workers;

use std::path::Path;
use std::process::ExitCode;

use case::Case;
use program::Running;
use report::Report;

fn main() -> ExitCode {
    let picked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conductor/cases");
    let mut cases = case::load(&folder);
    case::assert_apart(&cases);
    files::assert_all_in(&cases);
    if std::env::args().any(|arg| arg == "--marked") {
        cases.iter_mut().for_each(|case| case.needs = None);
    }
    cases.retain(|case| picked.is_empty() || picked.iter().any(|part| case.title().contains(part)));

    let mut report = Report::default();
    let own = tempfile::tempdir().expect("a directory");
    let stand_in = stand_in::start();
    let mut play = |store: &str, url: &str| {
        let cases: Vec<&Case> = cases.iter().filter(|case| case.is_for(store)).collect();
        let outcomes = play::all(url, &stand_in, &cases);
        report.add(store, &cases, outcomes);
    };
    play("SQLite", &Running::start_in(own.path()).url);
    if let Some(cluster) = segue_testkit::postgres::cluster() {
        let server = Running::start_on(own.path(), &cluster.fresh_url(), &[]);
        play("PostgreSQL", &server.url);
    }
    report.print()
}
