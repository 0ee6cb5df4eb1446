//! The description of the API, made from the route table.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::reply::Reply;
use crate::route::{Route, get, numbered};

pub(crate) fn routes() -> Vec<Route> {
    vec![get("/api-docs", "This description", serve)]
}

async fn serve(State(app): State<App>) -> Reply {
    Ok(([(header::CONTENT_TYPE, "application/json")], app.description.clone()).into_response())
}

/// The OpenAPI document of a table.
pub(crate) fn describe(table: &[Route]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in table {
        // Paths that differ in the names of their variables are one, which goes by its first names.
        let same = table.iter().find(|other| numbered(other.path) == numbered(route.path));
        let path = same.map_or(route.path, |first| first.path);
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        entry[route.method.as_str().to_ascii_lowercase()] = operation(route, path);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Segue",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Durable workflow orchestration. Paths under /api are Conductor's wire; /api/v1 is native.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": {"ErrorResponse": error_response()}},
    })
}

fn operation(route: &Route, path: &str) -> Value {
    let segments = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let in_path = segments
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    let in_query =
        route.params.iter().map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}}));
    let mut operation = json!({
        "summary": route.summary,
        "tags": [tag(route.path)],
        "parameters": in_path.chain(in_query).collect::<Vec<_>>(),
        "responses": {
            "200": {"description": "Done"},
            "default": {
                "description": "Not done",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}},
            },
        },
    });
    if let Some(body) = route.body {
        let schema = match body.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
            Some("string") => json!({"type": "array", "items": {"type": "string"}}),
            Some(item) => json!({"type": "array", "items": {"type": "object", "title": item}}),
            None if body == "string" => json!({"type": "string"}),
            None => json!({"type": "object", "title": body}),
        };
        operation["requestBody"] = json!({"content": {"application/json": {"schema": schema}}});
    }
    operation
}

/// The group that a path belongs to.
fn tag(path: &str) -> &str {
    let mut segments = path.split('/').skip(1);
    match (segments.next(), segments.next(), segments.next()) {
        (Some("api"), Some("metadata"), Some(kind)) => kind,
        (Some("api"), Some("v1"), Some(kind)) => kind,
        (Some("api"), Some(group @ ("workflow" | "tasks")), _) => group,
        _ => "server",
    }
}

fn error_response() -> Value {
    let text = json!({"type": "string"});
    let finding =
        json!({"type": "object", "properties": {"path": text, "message": text, "invalidValue": {}}});
    json!({
        "type": "object",
        "required": ["status", "message", "instance", "retryable"],
        "properties": {
            "status": {"type": "integer"},
            "message": text,
            "instance": text,
            "retryable": {"type": "boolean"},
            "validationErrors": {"type": "array", "items": finding},
        },
    })
}
