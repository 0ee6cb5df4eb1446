//! Schedules.

mod calls;
mod firing;

use segue_store::Store;
use serde_json::{Value, json};

use crate::running::Running;

#[allow(clippy::needless_pass_by_value, reason = "calls read better")]
fn schedule(name: &str, cron: &str, more: Value) -> Value {
    let mut schedule = json!({"name": name, "cronExpression": cron, "startWorkflowRequest": {"name": "job"}});
    for (key, value) in more.as_object().expect("an object") {
        schedule[key] = value.clone();
    }
    schedule
}

async fn save<S: Store + 'static>(server: &Running<S>, schedule: &Value) -> Value {
    server.post("/api/scheduler/schedules", schedule).await.ok()
}
