//! The API description and the router say the same.

use reqwest::Method;
use serde_json::Value;

use crate::running::Running;

#[tokio::test]
async fn every_described_operation_is_routed_and_no_other_verb_is() {
    let server = Running::new().await;
    let description = server.get("/api-docs").await.ok();
    assert!(description["openapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    let paths = description["paths"].as_object().expect("paths");
    assert!(paths.len() > 50, "only {} paths", paths.len());
    for (path, operations) in paths {
        let concrete = concrete(path);
        for verb in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let operation = operations.get(verb.to_lowercase());
            let method = verb.parse::<Method>().expect("a verb");
            let answer = server.raw(method, &concrete, "{}").await;
            match operation {
                Some(operation) => {
                    assert_ne!(answer.status, 405, "{verb} {path}: {answer:?}");
                    assert!(!answer.text.contains("No static resource"), "{verb} {path}: {answer:?}");
                    assert!(!answer.status.is_server_error(), "{verb} {path}: {answer:?}");
                    assert_described(path, operation);
                }
                None => drop(answer.error(405)),
            }
        }
    }
}

/// The path with values for its variables.
fn concrete(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "1" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn assert_described(path: &str, operation: &Value) {
    assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{path}");
    let parameters = operation["parameters"].as_array().expect("parameters");
    let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
    assert_eq!(in_path, path.matches('{').count(), "{path}");
}
