use std::io::Write;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use segue_handlers::{EvaluatorOptions, Evaluators, HttpHandler, HttpOptions, HttpOutcome};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{call, handler, reason, response, serve};

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

async fn answer(Path(kind): Path<String>) -> Response {
    match kind.as_str() {
        "object" => ([("content-type", "application/json"), ("x-a", "1")], "{\"b\": 1, \"a\": [2.50]}")
            .into_response(),
        "number" => "42".into_response(),
        "text" => "\"quoted\"".into_response(),
        "bool" => "true".into_response(),
        "html" => "<p>".into_response(),
        "latin" => ([("content-type", "text/plain; charset=ISO-8859-1")], vec![0xe4]).into_response(),
        "deep" => "[".repeat(100).chars().chain("]".repeat(100).chars()).collect::<String>().into_response(),
        "nothing" => StatusCode::NO_CONTENT.into_response(),
        "packed" => ([("content-encoding", "gzip")], zipped(b"{\"z\":1}")).into_response(),
        "bomb" => ([("content-encoding", "gzip")], zipped(&vec![b' '; 3 << 20])).into_response(),
        "broken" => ([("content-encoding", "gzip")], "no gzip").into_response(),
        "large" => vec![b' '; 3 << 20].into_response(),
        "missing" => (StatusCode::NOT_FOUND, "no\nsuch").into_response(),
        "busy" => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")]).into_response(),
        "down" => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")], "x")
            .into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn server() -> (HttpHandler, impl Fn(&str) -> Value) {
    let address = serve(Router::new().route("/{kind}", get(answer))).await;
    (
        handler(&["127.0.0.1"]),
        move |kind: &str| json!({"uri": format!("http://{address}/{kind}?secret=1"), "method": "GET"}),
    )
}

#[tokio::test]
async fn an_answer_becomes_the_output() {
    let (handler, input) = server().await;
    let object = response(&handler, &input("object")).await;
    assert_eq!(object["headers"]["Content-Type"], json!(["application/json"]));
    assert_eq!(object["headers"]["X-A"], json!(["1"]));
    assert_eq!((&object["statusCode"], &object["reasonPhrase"]), (&json!(200), &json!("OK")));
    assert_eq!(object["body"].to_string(), r#"{"b":1,"a":[2.5]}"#);
    let deep = "[".repeat(100) + &"]".repeat(100);
    for (kind, body) in [
        ("number", json!(42.0)),
        ("text", json!("quoted")),
        ("bool", json!("true")),
        ("html", json!("<p>")),
        ("latin", json!("ä")),
        ("nothing", Value::Null),
        ("packed", json!({"z": 1})),
        ("deep", json!(deep)),
    ] {
        assert_eq!(response(&handler, &input(kind)).await["body"], body, "{kind}");
    }
}

#[tokio::test]
async fn refusals_say_what_the_server_said() {
    let (handler, input) = server().await;
    for (kind, cause, retry_after) in [
        ("missing", "404 Not Found: \"no<EOL>such\"", None),
        ("busy", "429 Too Many Requests: [no body]", Some(Duration::from_secs(7))),
        ("down", "503 Service Unavailable: \"x\"", Some(Duration::ZERO)),
        ("other", "500 Internal Server Error: [no body]", None),
    ] {
        let HttpOutcome::Failed { reason, output, retry_after: found } = call(&handler, &input(kind)).await
        else {
            panic!("{kind} succeeds");
        };
        assert_eq!(reason, format!("Failed to invoke HTTP task due to: java.lang.Exception: {cause}"));
        assert_eq!(output.value(), json!({"response": format!("java.lang.Exception: {cause}")}));
        assert_eq!(found, retry_after, "{kind}");
    }
    let mut accepted = input("missing");
    accepted["acceptedStatusCodes"] = json!(["4xx"]);
    assert_eq!(response(&handler, &accepted).await["statusCode"], 404);
    let mut refused = input("object");
    refused["acceptedStatusCodes"] = json!([201, "202-204"]);
    assert!(reason(&handler, &refused).await.contains("200 OK"));
    let mut open = input("object");
    open["asyncComplete"] = json!(true);
    assert!(
        matches!(call(&handler, &open).await, HttpOutcome::InProgress { output } if output.value()["response"]["statusCode"] == 200)
    );
}

#[tokio::test]
async fn bodies_are_bounded_packed_or_not() {
    let (_, input) = server().await;
    let handler = HttpHandler::new(HttpOptions {
        allow: vec!["127.0.0.1".parse().expect("a rule")],
        response_bytes_max: 1 << 20,
        ..HttpOptions::default()
    });
    for (kind, end) in [
        ("large", ": the response is larger than 1048576 bytes"),
        ("bomb", ": the response is larger than 1048576 bytes"),
        ("broken", ": the response is not what its Content-Encoding says"),
    ] {
        let reason = reason(&handler, &input(kind)).await;
        assert!(reason.ends_with(end) && !reason.contains("secret"), "{reason}");
    }
}

/// Servers that accept and then say nothing, stop in the middle, or are not there.
#[tokio::test]
async fn a_silent_server_costs_its_time_only() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut heard = [0; 1_024];
            let length = stream.read(&mut heard).await.unwrap_or(0);
            if heard[..length].starts_with(b"GET /half") {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
            }
            if heard[..length].starts_with(b"GET /garbage") {
                let _ = stream.write_all(b"garbage\r\n\r\n").await;
            }
            kept.push(stream);
        }
    });
    let handler = handler(&["127.0.0.1"]);
    for (path, cause) in [
        ("/none", "no answer within 60ms"),
        ("/half", "no answer within 50ms"),
        ("/garbage", "invalid HTTP version"),
    ] {
        let input = json!({"uri": format!("http://{address}{path}"), "method": "GET", "connectionTimeOut": 10, "readTimeOut": 50});
        let found = reason(&handler, &input).await;
        assert!(found.contains(cause), "{path}: {found}");
    }
    let gone =
        tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let found = reason(&handler, &json!({"uri": format!("http://{gone}/"), "method": "GET"})).await;
    assert!(found.contains("Connection refused"), "{found}");
}

#[tokio::test]
async fn a_filter_makes_the_response() {
    let (plain, input) = server().await;
    let arguments =
        ["evaluator_child", "--exact", "--nocapture", "--test-threads=1"].map(str::to_owned).to_vec();
    let evaluators = Evaluators::new(EvaluatorOptions { arguments, ..EvaluatorOptions::default() });
    let allow = vec!["127.0.0.1".parse().expect("a rule")];
    let options = HttpOptions { allow, evaluators: Some(evaluators), ..HttpOptions::default() };
    let filtering = HttpHandler::new(options);
    let filtered = |filter: &str| {
        let mut input = input("object");
        input["outputFilter"] = json!(filter);
        input
    };
    let found = response(&filtering, &filtered("{b: .body.b, s: .statusCode}, 2")).await;
    assert_eq!(found, json!({"b": 1, "s": 200}));
    assert_eq!(response(&filtering, &filtered("empty")).await, Value::Null);
    assert!(reason(&filtering, &filtered(".body.b.c")).await.contains("outputFilter: cannot index"));
    assert!(reason(&plain, &filtered(".")).await.ends_with("outputFilter: there are no evaluators for it"));
}
