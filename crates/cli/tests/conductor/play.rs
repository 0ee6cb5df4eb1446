//! Playing the cases against a server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use crate::case::{Case, Step};
use crate::client::{Body, Client, Reply};
use crate::files;
use crate::matching::{Saved, difference, fill, fill_text};
use crate::report::Outcome;
use crate::workers;

/// For anything that is waited for.
const DEADLINE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);
const CASES_AT_ONCE: usize = 16;

/// Plays all of them, many at a time.
pub(crate) fn all(url: &str, stand_in: &str, cases: &[&Case]) -> Vec<Outcome> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = Client::new(url);
    let seats = Arc::new(Semaphore::new(CASES_AT_ONCE));
    let played = cases.iter().map(|case| {
        let (client, seats) = (client.clone(), seats.clone());
        let saved = Saved::from([("stand-in".to_owned(), stand_in.to_owned())]);
        async move {
            if case.needs.is_some() {
                return None;
            }
            let _seat = seats.acquire().await;
            Some(play(client, saved, case).await)
        }
    });
    runtime.block_on(futures::future::join_all(played))
}

async fn play(client: Client, saved: Saved, case: &Case) -> Result<(), String> {
    let mut player = Player { client, case, saved };
    if !case.task_defs.is_empty() {
        player.must("POST", "/api/metadata/taskdefs", &json!(case.task_defs)).await?;
    }
    let mut definitions = case.define.clone();
    for name in &case.files {
        definitions.push(player.json_file(name)?);
    }
    if !definitions.is_empty() {
        player.must("PUT", "/api/metadata/workflow", &json!(definitions)).await?;
    }
    let _workers = workers::start(&player.client, case.domain.as_deref(), &case.workers);
    for (at, step) in case.steps.iter().enumerate() {
        player.step(step).await.map_err(|why| format!("step {}: {why}", at + 1))?;
    }
    Ok(())
}

struct Player<'a> {
    client: Client,
    case: &'a Case,
    saved: Saved,
}

impl Player<'_> {
    fn file(&self, name: &str) -> Result<String, String> {
        Ok(fill_text(&files::read(name, &self.case.replace)?, &self.saved))
    }

    fn json_file(&self, name: &str) -> Result<Value, String> {
        serde_json::from_str(&self.file(name)?).map_err(|error| format!("{name}: {error}"))
    }

    async fn step(&mut self, step: &Step) -> Result<(), String> {
        if let Some(call) = &step.call {
            self.call(call, step).await
        } else if let Some(name) = &step.start {
            self.start(name, step).await
        } else if let Some(kind) = &step.poll {
            self.poll(kind, step).await.map(drop)
        } else if let Some(kind) = &step.work {
            self.work(kind, step).await
        } else if let Some(status) = &step.end {
            self.end(status, step).await
        } else {
            Err("says nothing to do".to_owned())
        }
    }

    /// A call that has to work, before the steps.
    async fn must(&self, verb: &str, path: &str, body: &Value) -> Result<Reply, String> {
        let reply = self.client.call(verb, path, Body::Text(body.to_string())).await?;
        let errors = reply.body["bulkErrorResults"].as_object().is_some_and(|errors| !errors.is_empty());
        if reply.status != 200 || errors {
            return Err(format!("{verb} {path}: {} {}", reply.status, reply.body));
        }
        Ok(reply)
    }

    async fn call(&mut self, call: &str, step: &Step) -> Result<(), String> {
        let (verb, path) = call.split_once(' ').ok_or("`call` is VERB /path")?;
        let path = fill_text(path, &self.saved);
        let text = match (&step.body, &step.file) {
            (Some(body), _) => Some(fill(body, &self.saved).to_string()),
            (None, Some(file)) => Some(self.file(file)?),
            (None, None) => step.text.clone(),
        };
        let deadline = Instant::now() + DEADLINE;
        let reply = loop {
            let body = text.clone().map_or(Body::None, Body::Text);
            let reply = self.client.call(verb, &path, body).await?;
            let Some(until) = &step.until else { break reply };
            let Some(gap) = difference(&fill(until, &self.saved), Some(&reply.body), "reply") else {
                break reply;
            };
            if Instant::now() > deadline {
                return Err(format!("{verb} {path}: not in time: {gap}"));
            }
            tokio::time::sleep(PAUSE).await;
        };
        self.check(step, &reply).map_err(|why| format!("{verb} {path}: {why}"))?;
        self.save(step, &reply.body)
    }

    fn check(&self, step: &Step, reply: &Reply) -> Result<(), String> {
        let status = step.status.unwrap_or(if reply.status == 204 { 204 } else { 200 });
        if reply.status != status {
            return Err(format!("wanted {status}, found {}: {}", reply.status, reply.body));
        }
        if let Some(media) = &step.media
            && reply.media != *media
        {
            return Err(format!("wanted media type {media:?}, found {:?}", reply.media));
        }
        if let Some(exactly) = &step.exactly {
            let wanted = fill(exactly, &self.saved);
            if reply.body != wanted {
                return Err(format!("wanted exactly {wanted}, found {}", reply.body));
            }
        }
        let gap = step
            .reply
            .as_ref()
            .and_then(|wanted| difference(&fill(wanted, &self.saved), Some(&reply.body), "reply"));
        gap.map_or(Ok(()), Err)
    }

    fn save(&mut self, step: &Step, body: &Value) -> Result<(), String> {
        for (name, pointer) in &step.save {
            let value = body.pointer(pointer).ok_or(format!("nothing at {pointer:?} in {body}"))?;
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.saved.insert(name.clone(), text);
        }
        Ok(())
    }

    async fn start(&mut self, name: &str, step: &Step) -> Result<(), String> {
        let mut request = json!({"name": name, "input": step.input.clone().unwrap_or(json!({}))});
        if let Some(domain) = &self.case.domain {
            request["taskToDomain"] = json!({"*": domain});
        }
        if let (Some(request), Some(Value::Object(with))) = (request.as_object_mut(), &step.with) {
            request.extend(with.clone());
        }
        let reply = self.must("POST", "/api/workflow", &fill(&request, &self.saved)).await?;
        let id = reply.body.as_str().unwrap_or_default().to_owned();
        self.saved.insert(step.as_name.clone().unwrap_or_else(|| "id".to_owned()), id);
        Ok(())
    }

    /// The task, unless none is wanted.
    async fn poll(&mut self, kind: &str, step: &Step) -> Result<Option<Value>, String> {
        let domain =
            step.domain.as_deref().or(self.case.domain.as_deref()).filter(|domain| !domain.is_empty());
        if step.none {
            let found = self.client.poll(kind, domain, 0).await?;
            return found.map_or(Ok(None), |task| Err(format!("{kind}: there is {task}")));
        }
        let deadline = Instant::now() + DEADLINE;
        let task = loop {
            if let Some(task) = self.client.poll(kind, domain, 1000).await? {
                break task;
            }
            if Instant::now() > deadline {
                return Err(format!("no task of type {kind} in time"));
            }
        };
        if let Some(wanted) = &step.task
            && let Some(gap) = difference(&fill(wanted, &self.saved), Some(&task), "task")
        {
            return Err(gap);
        }
        self.save(step, &task)?;
        Ok(Some(task))
    }

    async fn work(&mut self, kind: &str, step: &Step) -> Result<(), String> {
        let Some(task) = self.poll(kind, step).await? else { return Ok(()) };
        let mut result = Map::new();
        if let Some(output) = &step.output {
            result.insert("outputData".to_owned(), fill(output, &self.saved));
        }
        if let Some(reason) = &step.fails {
            result.insert("status".to_owned(), json!("FAILED"));
            result.insert("reasonForIncompletion".to_owned(), json!(reason));
        }
        if let Some(Value::Object(more)) = &step.result {
            result.extend(more.clone());
        }
        self.client.answer(&task, &Value::Object(result)).await
    }

    async fn end(&self, status: &str, step: &Step) -> Result<(), String> {
        let id = fill_text(step.of.as_deref().unwrap_or("<id>"), &self.saved);
        let mut wanted = json!({"status": status});
        if let Some(output) = &step.output {
            wanted["output"] = json!({"<exactly>": fill(output, &self.saved)});
        }
        if let Some(reason) = &step.reason {
            wanted["reasonForIncompletion"] = json!(fill_text(reason, &self.saved));
        }
        if let Some(trace) = &step.trace {
            wanted["trace"] = json!(trace);
        }
        let deadline = Instant::now() + DEADLINE;
        loop {
            let mut reply = self.client.call("GET", &format!("/api/workflow/{id}"), Body::None).await?;
            reply.body["trace"] = trace(&reply.body["tasks"]).into();
            let Some(gap) = difference(&wanted, Some(&reply.body), "execution") else { return Ok(()) };
            let is_open = ["RUNNING", "PAUSED"].iter().any(|status| reply.body["status"] == *status);
            if !is_open || Instant::now() > deadline {
                let reason = &reply.body["reasonForIncompletion"];
                return Err(format!("{gap} ({}: {reason})", reply.body["trace"]));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn trace(tasks: &Value) -> String {
    let tasks = tasks.as_array().map(Vec::as_slice).unwrap_or_default();
    let line = |task: &Value| {
        let retry = task["retryCount"].as_i64().filter(|count| *count > 0);
        let retry = retry.map(|count| format!("#{count}")).unwrap_or_default();
        let text = |key: &str| task[key].as_str().unwrap_or_default().to_owned();
        format!("{}{retry}:{}", text("referenceTaskName"), text("status"))
    };
    tasks.iter().map(line).collect::<Vec<_>>().join(" ")
}
