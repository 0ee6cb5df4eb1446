//! Workers that answer by a script, beside the steps of a case.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::task::JoinSet;

use crate::client::Client;

const POLL_MS: u32 = 1000;

/// One for each task type. They end when this is dropped.
pub(crate) fn start(
    client: &Client,
    domain: Option<&str>,
    scripts: &BTreeMap<String, Vec<Value>>,
) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    for (kind, answers) in scripts {
        let (client, domain) = (client.clone(), domain.map(str::to_owned));
        workers.spawn(serve(client, kind.clone(), domain, answers.clone()));
    }
    workers
}

async fn serve(client: Client, kind: String, domain: Option<String>, answers: Vec<Value>) {
    let mut left = answers.iter().peekable();
    loop {
        // The case fails at its own deadline if the server does not answer any more.
        let Ok(found) = client.poll(&kind, domain.as_deref(), POLL_MS).await else { return };
        let Some(task) = found else { continue };
        let answer = if left.len() > 1 { left.next() } else { left.peek().copied() };
        if client.answer(&task, answer.unwrap_or(&Value::Null)).await.is_err() {
            return;
        }
    }
}
