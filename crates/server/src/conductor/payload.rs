//! `externalstoragelocation`: where clients would put payloads that are too large to send. There is no such
//! place: payloads are kept beside the journal, however large a body may be.

use axum::extract::State;

use crate::app::App;
use crate::error::Problem;
use crate::query::Params;
use crate::reply::Reply;
use crate::route::{Route, get};

const OPERATIONS: [&str; 2] = ["READ", "WRITE"];
const PAYLOADS: [&str; 4] = ["WORKFLOW_INPUT", "WORKFLOW_OUTPUT", "TASK_INPUT", "TASK_OUTPUT"];

pub(super) fn routes() -> Vec<Route> {
    const PARAMS: &[&str] = &["path", "operation", "payloadType"];
    let paths = [
        "/api/workflow/externalstoragelocation",
        "/api/workflow/external-storage-location",
        "/api/tasks/externalstoragelocation",
        "/api/tasks/external-storage-location",
    ];
    paths.map(|path| get(path, "Refuses: payloads are sent inline", refuse).params(PARAMS)).into()
}

async fn refuse(State(app): State<App>, params: Params) -> Reply {
    let (operation, payload) =
        (params.text("operation").unwrap_or_default(), params.text("payloadType").unwrap_or_default());
    let is_one = |known: &[&str], text: &str| known.iter().any(|known| known.eq_ignore_ascii_case(text));
    if !is_one(&OPERATIONS, operation) || !is_one(&PAYLOADS, payload) {
        let message = format!("Invalid input - Operation: {operation}, PayloadType: {payload}");
        return Err(Problem::bad_request(message));
    }
    Err(Problem::not_found(format!(
        "There is no external payload storage: send payloads inline, up to {} bytes a request",
        app.options.body_bytes_max
    )))
}
