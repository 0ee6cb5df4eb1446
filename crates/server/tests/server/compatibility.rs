//! Every call of Conductor's API: what is served answers its basic case as the table says, and
//! `docs/reference/conductor-compatibility.md` says what is served.

use std::collections::BTreeSet;
use std::path::PathBuf;

use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::running::{Answer, Running};

#[derive(Deserialize)]
struct Routes {
    route: Vec<Route>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    group: String,
    call: String,
    tier: String,
    status: Option<u16>,
    query: Option<String>,
    body: Option<String>,
    note: Option<String>,
}

/// A call that is played.
struct Call<'a> {
    call: &'a str,
    query: Option<&'a str>,
    body: Option<&'a str>,
}

impl Route {
    fn call(&self) -> Call<'_> {
        Call { call: &self.call, query: self.query.as_deref(), body: self.body.as_deref() }
    }
}

#[derive(Deserialize)]
struct Differences {
    difference: Vec<Difference>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    name: String,
    upstream: String,
    here: String,
    why: String,
    call: Option<String>,
    query: Option<String>,
    body: Option<String>,
    status: Option<u16>,
}

#[derive(Deserialize)]
struct Types {
    r#type: Vec<Type>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Type {
    name: String,
    here: String,
    note: Option<String>,
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference")).join(name)
}

fn table<T: DeserializeOwned>(name: &str) -> T {
    let text = std::fs::read_to_string(file(name)).expect("the table is there");
    toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A call with its variables numbered: names do not matter.
fn numbered(call: &str) -> String {
    let segments = call.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// The calls that the server describes.
async fn served(server: &Running) -> BTreeSet<String> {
    let description = server.get("/api-docs").await.ok();
    let paths = description["paths"].as_object().expect("paths");
    let calls = paths.iter().flat_map(|(path, verbs)| {
        let verbs = verbs.as_object().expect("verbs").keys();
        verbs.map(move |verb| numbered(&format!("{} {path}", verb.to_uppercase())))
    });
    calls.collect()
}

/// The definition, the task type and the execution that the basic cases are about.
struct Stage {
    id: String,
    task: String,
}

impl Stage {
    async fn set(server: &Running) -> Self {
        let definition =
            json!({"name": "audited", "tasks": [{"name": "w", "taskReferenceName": "w", "type": "WAIT"}]});
        server.register(&definition).await;
        server.put("/api/metadata/taskdefs", &json!({"name": "audited_task"})).await.nothing();
        let schedule = json!({"name": "audited", "cronExpression": "@yearly", "paused": true,
            "startWorkflowRequest": {"name": "audited"}});
        server.post("/api/scheduler/schedules", &schedule).await.ok();
        let request = json!({"name": "audited", "correlationId": "audited"});
        let id = server.post("/api/workflow", &request).await.plain();
        let workflow = server.get(&format!("/api/workflow/{id}")).await.ok();
        let task = workflow["tasks"][0]["taskId"].as_str().expect("an attempt").to_owned();
        Self { id, task }
    }

    fn fill(&self, text: &str) -> String {
        [
            ("{id}", self.id.as_str()),
            ("{taskId}", &self.task),
            ("{ref}", "w"),
            ("{status}", "COMPLETED"),
            ("{name}", "audited"),
            ("{version}", "1"),
            ("{type}", "audited_task"),
            ("{correlationId}", "audited"),
            ("{key}", "none"),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    async fn play(&self, server: &Running, call: &Call<'_>) -> Answer {
        let (verb, path) = call.call.split_once(' ').expect("a verb and a path");
        let query = call.query.map_or(String::new(), |query| format!("?{query}"));
        let body = self.fill(call.body.unwrap_or_default());
        let method = verb.parse::<Method>().expect("a verb");
        server.raw(method, &format!("{}{query}", self.fill(path)), body).await
    }
}

#[tokio::test]
async fn every_served_call_answers_its_basic_case() {
    let server = Running::new().await;
    let served = served(&server).await;
    let mut played = 0;
    for route in &table::<Routes>("conductor-routes.toml").route {
        let stage = Stage::set(&server).await;
        let answer = stage.play(&server, &route.call()).await;
        let is_served = served.contains(&numbered(&route.call));
        match route.status.filter(|_| is_served) {
            Some(status) => {
                assert_eq!(answer.status.as_u16(), status, "{}: {answer:?}", route.call);
                let is_silent = answer.text.is_empty();
                assert_eq!(answer.content_type.is_none(), is_silent, "{}: {answer:?}", route.call);
                played += 1;
            }
            None if is_served => assert!(!answer.status.is_server_error(), "{}: {answer:?}", route.call),
            // Clients tell what is missing by 404 and a wrong verb by 405, both with JSON.
            None => {
                let status = answer.status.as_u16();
                assert!(matches!(status, 404 | 405), "{}: {answer:?}", route.call);
                assert!(!answer.error(status).is_empty());
            }
        }
    }
    assert!(played > 85, "only {played} calls were played");
}

#[tokio::test]
async fn differences_are_as_they_are_listed() {
    let server = Running::new().await;
    for difference in &table::<Differences>("conductor-differences.toml").difference {
        let (Some(call), Some(status)) = (&difference.call, difference.status) else { continue };
        let call = Call { call, query: difference.query.as_deref(), body: difference.body.as_deref() };
        let answer = Stage::set(&server).await.play(&server, &call).await;
        assert_eq!(answer.status.as_u16(), status, "{}: {answer:?}", difference.name);
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn head(page: &mut String, title: &str, columns: &[&str]) {
    page.push_str(&format!(
        "\n## {title}\n\n| {} |\n|{}\n",
        columns.join(" | "),
        "---|".repeat(columns.len())
    ));
}

fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    page.push_str(&format!("| {} |\n", cells.join(" | ")));
}

fn page(served: &BTreeSet<String>) -> String {
    let mut page = INTRODUCTION.to_owned();
    head(&mut page, "Answers that differ", &["What", "Conductor", "Here", "Why"]);
    for difference in &table::<Differences>("conductor-differences.toml").difference {
        let Difference { name, upstream, here, why, .. } = difference;
        row(&mut page, &[name, upstream, here, why]);
    }
    let mut group = String::new();
    for route in &table::<Routes>("conductor-routes.toml").route {
        if route.group != group {
            group.clone_from(&route.group);
            head(&mut page, &format!("Calls: {group}"), &["Call", "Tier", "Here", "Note"]);
        }
        let here = if served.contains(&numbered(&route.call)) { "served" } else { "not yet" };
        row(
            &mut page,
            &[&format!("`{}`", route.call), &route.tier, here, route.note.as_deref().unwrap_or("")],
        );
    }
    head(&mut page, "Task types", &["Type", "Here", "Note"]);
    for Type { name, here, note } in &table::<Types>("conductor-task-types.toml").r#type {
        row(&mut page, &[&format!("`{name}`"), here, note.as_deref().unwrap_or("")]);
    }
    page
}

const INTRODUCTION: &str = "# Compatibility with Conductor

Workers and programs that use Conductor's clients for JavaScript, Python, Java, Go or Rust talk to this server
unchanged. This page lists what differs and what is missing. It is written from the tables beside it and from
the routes of the server by `SEGUE_RECORD=1 cargo test -p segue-server --test server compatibility`.

Not there yet, beside the calls marked so: gRPC, the user interface, tasks that call AI models, queues of other systems.
A call that is missing is answered with 404, a wrong verb at a path that exists with 405, both with Conductor's
error as JSON. The tier says which of Conductor's servers has a call: the open-source one, or only the
commercial one.
";

#[tokio::test]
async fn the_compatibility_page_says_what_is_so() {
    let server = Running::new().await;
    let page = page(&served(&server).await);
    let path = file("conductor-compatibility.md");
    if std::env::var_os("SEGUE_RECORD").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let written = std::fs::read_to_string(&path).expect("the page is there");
    assert!(
        written == page,
        "docs/reference/conductor-compatibility.md is out of date: \
         SEGUE_RECORD=1 cargo test -p segue-server --test server compatibility"
    );
}

/// Rows are added at their place in the order of names, so that two people who add some do not meet.
#[test]
fn differences_are_sorted_and_told_apart() {
    let differences = table::<Differences>("conductor-differences.toml").difference;
    let names: Vec<String> = differences.iter().map(|row| row.name.to_lowercase()).collect();
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(names, sorted);
    let routes = table::<Routes>("conductor-routes.toml").route;
    let calls: BTreeSet<String> = routes.iter().map(|route| numbered(&route.call)).collect();
    assert_eq!(calls.len(), routes.len(), "a call is listed twice");
    let known: Value = json!(["yes", "partly", "not yet"]);
    for Type { name, here, .. } in table::<Types>("conductor-task-types.toml").r#type {
        assert!(known.as_array().is_some_and(|known| known.contains(&json!(here))), "{name}: {here}");
    }
}
