use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};

use crate::{handler, reason, response, serve};

/// Says what it was asked.
async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> axum::Json<Value> {
    let all = |name: &str| -> Vec<_> {
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
    };
    axum::Json(json!({
        "method": method.as_str(), "uri": uri.to_string(), "body": String::from_utf8_lossy(&body),
        "accept": all("accept"), "type": all("content-type"), "key": all("idempotency-key"), "x": all("x-some"),
        "length": all("content-length"), "agent": all("user-agent").len(),
    }))
}

async fn asked(fields: Value) -> Value {
    let address = serve(Router::new().fallback(echo)).await;
    let mut input = json!({"uri": format!("http://{address}/p?q=a%20b#f"), "method": "GET"});
    input.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    response(&handler(&["127.0.0.1"]), &input).await["body"].clone()
}

#[tokio::test]
async fn input_becomes_a_request() {
    let get = asked(json!({})).await;
    assert_eq!(
        get,
        json!({"method": "GET", "uri": "/p?q=a%20b", "body": "", "accept": ["application/json"], "type": [],
        "key": [], "x": [], "length": [], "agent": 1})
    );
    let post = asked(
        json!({"method": "post", "body": {"a": [1]}, "headers": {"X-Some": ["1", 2], "Content-Length": "7"},
        "accept": ["text/plain", "text/html"]}),
    )
    .await;
    assert_eq!(post["method"], "POST");
    assert_eq!(post["body"], r#"{"a":[1]}"#);
    assert_eq!(post["type"], json!(["application/json"]));
    assert_eq!(post["x"], json!(["1", "2"]));
    assert_eq!(post["length"], json!(["9"]));
    assert_eq!(post["accept"], json!(["text/plain, text/html"]));
    assert_eq!(post["key"], json!(["effect-1"]));
    let form = asked(json!({"method": "PUT", "contentType": "application/x-www-form-urlencoded", "body": {"a": "b c", "n": [1, 2]},
        "headers": {"Idempotency-Key": "own"}})).await;
    assert_eq!((&form["body"], &form["key"]), (&json!("a=b+c&n=1&n=2"), &json!(["own"])));
    let text =
        asked(json!({"method": "PATCH", "headers": {"content-type": "text/plain"}, "body": "as it is"}))
            .await;
    assert_eq!((&text["body"], &text["type"]), (&json!("as it is"), &json!(["text/plain"])));
    let nested = asked(json!({"http_request": {"method": "DELETE", "headers": null, "body": null}})).await;
    assert_eq!((&nested["method"], &nested["key"]), (&json!("DELETE"), &json!([])));
}

#[tokio::test]
async fn bad_input_fails_before_anything_is_sent() {
    let handler = handler(&[]);
    for (input, expected) in [
        (json!({}), "Missing HTTP URI.  See documentation for HttpTask for required input parameters"),
        (
            json!({"http_request": {"uri": " "}}),
            "Missing HTTP URI.  See documentation for HttpTask for required input parameters",
        ),
        (json!({"uri": "http://x"}), "No HTTP method specified"),
        (json!({"uri": "http://x", "method": "FETCH"}), "Unknown HTTP method \"FETCH\""),
        (json!({"uri": "x/y", "method": "GET"}), "Invalid HTTP URI \"x/y\": relative URL without a base"),
        (
            json!({"uri": "file:///etc/passwd", "method": "GET"}),
            "Invalid HTTP URI \"file:///etc/passwd\": file is neither http nor https",
        ),
        (
            json!({"uri": "http://u:p@x", "method": "GET"}),
            "Invalid HTTP URI: a user and password belong in the header Authorization",
        ),
        (
            json!({"uri": "http://x", "method": "GET", "headers": {"a b": 1}}),
            "\"a b\" is not the name of a header",
        ),
        (
            json!({"uri": "http://x", "method": "GET", "headers": {"a": "b\r\nc: d"}}),
            "the header a has a value that cannot be sent",
        ),
        (
            json!({"uri": "http://x", "method": "GET", "readTimeOut": "soon"}),
            "readTimeOut is not a number of milliseconds",
        ),
        (
            json!({"uri": "http://x", "method": "GET", "acceptedStatusCodes": [1]}),
            "acceptedStatusCodes: 1 is neither a status, a range like 200-299 nor a class like 2xx",
        ),
    ] {
        assert_eq!(reason(&handler, &input).await, expected);
    }
}

/// `/3` leads to `/2`, that to `/1`, and that to `/0`, each with the status of the query.
async fn lead(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/').parse::<u32>().unwrap_or(0);
    if path > 0 {
        let query = request.uri().query().unwrap_or("302").to_owned();
        let status = axum::http::StatusCode::from_bytes(query.as_bytes()).expect("a status");
        return (status, [("location", format!("./{}?{query}", path - 1))]).into_response();
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1_000).await.expect("a body");
    echo(parts.method, parts.uri, parts.headers, body).await.into_response()
}

#[tokio::test]
async fn redirects_are_followed_as_browsers_do() {
    let address = serve(Router::new().fallback(any(lead))).await;
    let handler = handler(&["127.0.0.1"]);
    for (path, method, expected) in [
        ("5?302", "GET", ("GET", "")),
        ("2?302", "POST", ("GET", "")),
        ("1?303", "PUT", ("GET", "")),
        ("1?301", "PUT", ("PUT", "text")),
        ("3?307", "POST", ("POST", "text")),
        ("1?308", "PATCH", ("PATCH", "text")),
    ] {
        let body = if method == "GET" { Value::Null } else { "text".into() };
        let input = json!({"uri": format!("http://{address}/{path}"), "method": method, "body": body});
        let found = response(&handler, &input).await["body"].clone();
        assert_eq!(
            (found["method"].as_str(), found["body"].as_str()),
            (Some(expected.0), Some(expected.1)),
            "{path} {method}"
        );
    }
    let input = json!({"uri": format!("http://{address}/6?302"), "method": "GET"});
    assert_eq!(
        reason(&handler, &input).await,
        format!(
            "Failed to invoke HTTP task due to: java.lang.Exception: I/O error on GET request for \"http://{address}/6\": redirected more than 5 times"
        )
    );
}
