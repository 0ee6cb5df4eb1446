//! `segue import`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use segue_testkit::tls::Front;
use serde_json::{Value, json};

use crate::program::{Running, segue, segue_with};

/// The address of what answers each request by its head, whose lines are in lower case. Ends with the test's process.
fn serve(answer: impl Fn(&[String]) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let lines = BufReader::new(stream.try_clone().expect("a handle")).lines();
            let lines = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
            let head: Vec<String> = lines.map(|line| line.to_lowercase()).collect();
            stream.write_all(answer(&head).as_bytes()).expect("answered");
        }
    });
    url
}

/// A Conductor server as far as an import looks at it: these lists, 404 for others.
fn conductor(lists: Vec<(&'static str, Value)>) -> String {
    serve(move |head| {
        let path = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let is_allowed = head.iter().any(|line| line == "x-authorization: secret");
        let found = lists.iter().find(|(known, _)| path == format!("/api{known}")).filter(|_| is_allowed);
        let (status, body) = match found {
            Some((_, list)) => ("200 OK", list.to_string()),
            None => ("404 Not Found", json!({"status": 404, "message": "no"}).to_string()),
        };
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    })
}

/// A server that sends everybody elsewhere.
fn moved_to(url: &str) -> String {
    let place = format!("location: {url}/api");
    serve(move |_| format!("HTTP/1.1 301 Moved\r\n{place}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"))
}

fn workflow(name: &str, version: i64, task: &str) -> Value {
    json!({"name": name, "version": version, "createTime": 5, "updateTime": 6, "unknown": 1,
        "tasks": [{"name": task, "taskReferenceName": task}]})
}

/// The outcomes of the items, by kind and name.
fn outcomes(report: &Value) -> Vec<String> {
    let items = report["items"].as_array().expect("items").iter();
    items
        .map(|item| {
            let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", text("outcome"), text("kind"), text("name"))
        })
        .collect()
}

#[test]
fn a_server_is_copied_and_copied_again() {
    let server = Running::start();
    let schedule =
        json!({"name": "s", "cronExpression": "0 * * * * *", "startWorkflowRequest": {"name": "w"}});
    let handler = json!({"name": "h", "event": "conductor:a:b", "active": true,
        "actions": [{"action": "start_workflow", "start_workflow": {"name": "w"}}]});
    let url = conductor(vec![
        ("/metadata/taskdefs", json!([{"name": "t", "retryCount": 1}, {"name": "bad", "retryCount": -1}])),
        ("/metadata/workflow", json!([workflow("w", 1, "t"), workflow("w", 2, "t")])),
        ("/event", json!([handler, {"name": "none", "event": "conductor:a:b", "actions": []}])),
        ("/scheduler/schedules", json!([schedule, {"name": "odd", "cronExpression": "every day"}])),
    ]);
    assert_eq!(server.call(&["import", "conductor", &url]).code, 2, "it wants a header");
    let import = |more: &[&str]| {
        let mut args = vec!["import", "conductor", &url, "--header", "X-Authorization: secret", "--json"];
        args.extend(more);
        server.call(&args)
    };
    let expected = [
        "created task t",
        "refused task bad",
        "created workflow w",
        "created workflow w",
        "created event handler h",
        "refused event handler none",
        "created schedule s",
        "refused schedule odd",
    ];
    let dry = import(&["--dry-run"]);
    assert_eq!((outcomes(&dry.json()), dry.code), (expected.map(str::to_owned).to_vec(), 2));
    for what in ["def", "schedule"] {
        assert_eq!(server.call(&[what, "ls", "--json"]).ok().json(), json!([]));
    }
    let first = import(&[]);
    assert_eq!(outcomes(&first.json()), expected);
    assert!(first.err.contains("3 items were refused"), "{}", first.err);
    for (place, word) in
        [(1, "retryCount"), (5, "actions"), (6, "segue schedule resume s"), (7, "cronExpression")]
    {
        let reason = first.json()["items"][place]["reason"].as_str().unwrap_or_default().to_owned();
        assert!(reason.contains(word), "{reason}");
    }
    // Both servers would fire it.
    assert_eq!(server.call(&["schedule", "show", "s", "--json"]).ok().json()["paused"], json!(true));
    server.call(&["schedule", "resume", "s"]).ok();
    let second = import(&[]).json();
    assert_eq!(
        second["counts"],
        json!({"created": 0, "changed": 0, "unchanged": 5, "ignored": 0, "refused": 3})
    );
    assert_eq!(server.call(&["schedule", "show", "s", "--json"]).ok().json()["paused"], json!(false));
}

#[test]
fn a_server_behind_tls_is_asked_if_it_can_be_trusted() {
    let (from, to) = (Running::start(), Running::start());
    from.write("w.json", &workflow("w", 1, "t").to_string());
    from.call(&["def", "register", "w.json"]).ok();
    let (from, secured) = (Front::of(&from.url), Front::of(&to.url));
    let trusting = |front: &Front, args: &[&str]| {
        segue_with(&to.directory, &[("SSL_CERT_FILE", &front.authority)], args)
    };
    let import = ["--server", &to.url, "import", "conductor", &from.url];
    let refused = to.call(&["import", "conductor", &from.url]);
    assert!(refused.code == 3 && refused.err.contains("SSL_CERT_FILE"), "{}", refused.err);
    assert!(trusting(&from, &import).ok().out.contains("created    workflow w version 1"));
    let listed = trusting(&secured, &["--server", &secured.url, "def", "ls"]).ok().out;
    assert!(listed.contains('w'), "{listed}");
    let plain = to.url.replace("http://", "https://");
    let nobody = segue(&to.directory, &["--server", &plain, "def", "ls"]);
    assert!(nobody.code == 3 && nobody.err.contains("does not speak TLS"), "{}", nobody.err);
    let moved = segue(&to.directory, &["--server", &moved_to(&secured.url), "def", "ls"]);
    let hint = format!("it is served at {}: use that address", secured.url);
    assert!(moved.code == 3 && moved.err.contains(&hint), "{}", moved.err);
}

#[test]
fn files_are_told_apart_by_what_they_hold() {
    let server = Running::start();
    std::fs::create_dir(server.directory.join("in")).expect("a folder");
    server.write("in/b.json", &json!([workflow("w", 1, "t"), {"name": "t", "retryCount": 1}]).to_string());
    server.write(
        "in/a.json",
        &json!({"name": "h", "event": "kafka:e", "actions": [
        {"action": "complete_task", "complete_task": {"taskId": "${id}"}}]})
        .to_string(),
    );
    server.write("in/c.json", "{\"name\": ");
    server.write("in/d.json", "{\"name\": \"package\"}");
    server.write("in/e.json", &workflow("w", 1, "other").to_string());
    server.write("in/f.json", &workflow("w", 1, "t").to_string());
    server.write("in/notes.md", "nothing");
    let told = server.call(&["import", "conductor", "in"]);
    let expected = [
        "refused    in/c.json: line 1, column 9: EOF while parsing a value",
        "created    task t",
        "created    workflow w version 1",
        "refused    workflow w version 1: in/e.json says something else than in/b.json",
        "unchanged  workflow w version 1",
        "created    event handler h",
        "ignored    in/d.json: no definition, event handler or schedule",
        "3 created, 1 unchanged, 1 ignored, 2 refused",
    ];
    let lines: Vec<&str> = told.out.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{}", told.out);
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}\n{expected}");
    }
    assert_eq!(told.code, 2);
    server.write("in/b.json", &workflow("w", 1, "changed").to_string());
    std::fs::remove_file(server.directory.join("in/c.json")).expect("removed");
    for name in ["e", "f"] {
        std::fs::remove_file(server.directory.join(format!("in/{name}.json"))).expect("removed");
    }
    let told = server.call(&["import", "conductor", "in"]).ok().out;
    assert!(told.starts_with("changed    workflow w version 1\n"), "{told}");
    let missing = server.call(&["import", "conductor", "nowhere"]);
    assert!(missing.code == 2 && missing.err.contains("neither a URL nor a directory"), "{}", missing.err);
    let nobody = server.call(&["import", "conductor", "http://127.0.0.1:1"]);
    assert!(nobody.code == 3 && nobody.err.contains("hint: is it the address"), "{}", nobody.err);
}
