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

/// Who asks what a call would do gets an answer or a refusal, never the deed.
#[tokio::test]
async fn every_call_that_changes_something_refuses_the_dry_run_that_it_does_not_have() {
    const CHANGING_GETS: [&str; 5] = [
        "/api/tasks/poll/{type}",
        "/api/tasks/poll/batch/{type}",
        "/api/scheduler/admin/pause",
        "/api/scheduler/admin/resume",
        "/api/scheduler/admin/requeue",
    ];
    let server = Running::new().await;
    let description = server.get("/api-docs").await.ok();
    let (mut refused, mut taken) = (0, 0);
    for (path, operations) in description["paths"].as_object().expect("paths") {
        for (verb, operation) in operations.as_object().expect("operations") {
            let is_read = verb == "get" && !CHANGING_GETS.contains(&path.as_str());
            let parameters = operation["parameters"].as_array().expect("parameters");
            let takes = parameters.iter().any(|parameter| parameter["name"] == "dryRun");
            for query in ["dryRun=true", "dryrun=TRUE", "DRYRUN=false&dryRun=True", "dryRun"] {
                let method = verb.to_uppercase().parse::<Method>().expect("a verb");
                let answer = server.raw(method, &format!("{}?{query}", concrete(path)), "{}").await;
                let is_refused = answer.text.contains("dryRun is not supported by this call")
                    || answer.text.contains("parameter dryRun: '' is neither true nor false");
                assert_eq!(is_refused, !is_read && !takes, "{verb} {path}?{query}: {answer:?}");
                if is_refused {
                    answer.error(400);
                }
            }
            refused += usize::from(!is_read && !takes);
            taken += usize::from(takes);
        }
    }
    assert!(refused > 50 && taken == 6, "{refused} refuse it, {taken} take it");
    server.raw(Method::PUT, "/api/scheduler/bulk/pause?dryRun=false", "[]").await.ok();
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
