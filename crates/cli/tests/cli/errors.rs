//! `docs/errors/README.md` quotes what is said: each of its headings is made to happen, and nothing else is in the table.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use segue_core::decide::{EvaluationError, Refusal};
use segue_core::id::ExecutionId;
use segue_testkit::tls::Front;

use crate::program::{Running, segue};

const PAGE: &str = include_str!("../../../../docs/errors/README.md");

const TWICE: &str = r#"{"name": "orders", "version": 1, "tasks": [{"name": "a", "taskReferenceName": "ship"},
  {"name": "b", "taskReferenceName": "ship"}]}"#;
const ORDERS: &str =
    r#"{"name": "orders", "version": 1, "tasks": [{"name": "a", "taskReferenceName": "ship"}]}"#;
const LATER: &str =
    r#"{"name": "orders", "version": 2, "tasks": [{"name": "b", "taskReferenceName": "bill"}]}"#;
const CALL: &str = r#"{"name": "call", "version": 1, "tasks": [{"name": "call", "taskReferenceName": "call", "type": "HTTP",
  "inputParameters": {"http_request": {"uri": "http://127.0.0.1:9/", "method": "GET"}}}]}"#;

/// Whether a quote says what was said: `<…>` stands for anything.
fn says(quote: &str, said: &str) -> bool {
    let fixed: Vec<&str> =
        quote.split('<').map(|part| part.split_once('>').map_or(part, |(_, rest)| rest)).collect();
    let mut rest = said;
    for (place, part) in fixed.iter().enumerate() {
        let found = match place {
            0 if !quote.starts_with('<') => rest.starts_with(part).then_some(0),
            _ => rest.find(part),
        };
        let Some(found) = found else { return false };
        rest = &rest[found + part.len()..];
    }
    rest.is_empty() || quote.ends_with('>')
}

/// The first line of what a command says on standard error.
fn error(directory: &Path, args: &[&str]) -> String {
    let output = segue(directory, args);
    assert_ne!(output.code, 0, "{args:?}");
    let line = output.err.lines().find_map(|line| line.strip_prefix("error: "));
    line.unwrap_or_else(|| panic!("{args:?}: {}", output.err)).to_owned()
}

/// What the server answers to a request of so many bytes.
fn answer(server: &Running, path: &str, body: &[u8]) -> String {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("connects");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let (_, json) = text.split_once("\r\n\r\n").expect("a body");
    let json: serde_json::Value =
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {text}"));
    json["message"].as_str().expect("a message").to_owned()
}

fn told_by_a_server(server: &Running) -> Vec<String> {
    for (file, text) in
        [("twice.json", TWICE), ("orders.json", ORDERS), ("later.json", LATER), ("call.json", CALL)]
    {
        server.write(file, text);
    }
    let call = |args: &[&str]| error(&server.directory, &[&["--server", &*server.url], args].concat());
    let ok = |args: &[&str]| server.call(args).ok().out.trim().to_owned();
    let broken = call(&["def", "register", "twice.json"]);
    let mut told = vec![
        broken
            .split_once("taskReferenceName: ")
            .map_or(broken.clone(), |(_, rule)| format!("taskReferenceName: {rule}")),
        answer(server, "/api/metadata/workflow", TWICE.as_bytes()),
        answer(server, "/api/workflow/orders", &vec![b' '; 11_000_000]),
        call(&["start", "nothing"]),
        call(&["show", "00000000-0000-7000-8000-000000000000"]),
    ];
    for file in ["orders.json", "call.json"] {
        ok(&["def", "register", file]);
    }
    let id = ok(&["start", "orders"]);
    ok(&["def", "register", "later.json"]);
    for verb in ["restart", "retry", "upgrade"] {
        told.push(call(&[verb, &id]));
    }
    told.push(call(&["skip", &id, "ship"]));
    ok(&["terminate", &id]);
    told.push(call(&["pause", &id]));
    let refused = call(&["watch", &ok(&["start", "call"])]);
    let (_, guard) = refused.split_once("http://127.0.0.1:9/\": ").unwrap_or_else(|| panic!("{refused}"));
    told.push(guard.trim_end_matches('\'').to_owned());
    told.push(error(&server.directory, &["server", "--port", "0", "--store", "test.db"]));
    told.push(error(&server.directory, &["--server", &Front::of(&server.url).url, "ls"]));
    told
}

fn told_without() -> Vec<String> {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("notes.db"), "name,amount\n").expect("written");
    let id = ExecutionId::new(1_700_000_000_000, 1);
    let misfit = Refusal::Misfit("an event does not fit: no such task: ship".to_owned());
    let newer = segue_store::Error::Newer { path: "segue.db".into(), found: 99, known: 3 };
    vec![
        error(directory.path(), &["--server", "http://127.0.0.1:9", "ls"]),
        error(directory.path(), &["server", "--port", "0", "--store", "notes.db"]),
        error(directory.path(), &["server", "--host", "0.0.0.0", "--port", "0", "--store", "new.db"]),
        newer.to_string(),
        segue_engine::Error::Quarantined { execution: id, reason: misfit.to_string() }.to_string(),
        segue_engine::Error::Overloaded(5000).to_string(),
        EvaluationError::TimedOut { limit_ms: 4000 }.to_string(),
        EvaluationError::OutOfMemory.to_string(),
    ]
}

#[test]
fn the_page_of_errors_quotes_what_is_said() {
    let server = Running::start();
    let mut told = told_by_a_server(&server);
    told.extend(told_without());
    let quotes: Vec<&str> =
        PAGE.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    let said = |quote: &&str| told.iter().any(|told| says(quote, told));
    let never: Vec<&&str> = quotes.iter().filter(|quote| !said(quote)).collect();
    assert!(never.is_empty(), "nobody says {never:#?} in {told:#?}");
    let distinct: BTreeSet<&str> = quotes.iter().copied().collect();
    assert_eq!((distinct.len(), quotes.len()), (told.len(), told.len()), "each of {told:#?} has one heading");
}
