use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::get;
use serde_json::json;

use crate::{handler, reason, response, serve};

#[tokio::test]
async fn addresses_inside_are_refused_in_every_form() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let router = Router::new().fallback(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async { "inside" }
    });
    let port = serve(router).await.port();
    let handler = handler(&["10.9.8.0/24", "other.internal"]);
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "[fe80::1]",
        "LOCALHOST",
    ] {
        let reason =
            reason(&handler, &json!({"uri": format!("http://{host}:{port}/"), "method": "GET"})).await;
        assert!(
            reason.contains(" is refused: it ") && reason.contains("; --http-allow "),
            "{host}: {reason}"
        );
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn redirects_are_checked_and_credentials_stay_at_home() {
    let seen = get(|headers: HeaderMap| async move {
        let names = ["authorization", "cookie", "x-own"].map(|name| headers.contains_key(name));
        axum::Json(names)
    });
    let there = serve(Router::new().route("/seen", seen.clone())).await.port();
    let router = Router::new()
        .route("/seen", seen)
        .route("/home", get(|| async { Redirect::temporary("/seen") }))
        .route(
            "/away",
            get(move || async move { Redirect::temporary(&format!("http://127.0.0.1:{there}/seen")) }),
        )
        .route(
            "/inside",
            get(move || async move { Redirect::temporary(&format!("http://localhost:{there}/seen")) }),
        )
        .route(
            "/decimal",
            get(move || async move { Redirect::temporary(&format!("http://2130706434:{there}/seen")) }),
        )
        .route("/file", get(|| async { Redirect::temporary("file:///etc/passwd") }));
    let here = serve(router).await;
    let named = handler(&["127.0.0.1"]);
    let input = |path: &str| {
        json!({"uri": format!("http://{here}{path}"), "method": "GET",
            "headers": {"Authorization": "Bearer secret", "Cookie": "a=b", "X-Own": "1"}})
    };
    assert_eq!(response(&named, &input("/home")).await["body"], json!([true, true, true]));
    assert_eq!(response(&named, &input("/away")).await["body"], json!([false, false, true]));
    let decimal = reason(&named, &input("/decimal")).await;
    assert!(decimal.contains("127.0.0.2 is refused: it is a loopback address"), "{decimal}");
    let file = reason(&named, &input("/file")).await;
    assert!(file.ends_with("redirected to \"file:///etc/passwd\", which is no place to go"), "{file}");
    // A host by name allows what it resolves to, and nothing else.
    let by_name = handler(&["localhost"]);
    let own = json!({"uri": format!("http://localhost:{}/home", here.port()), "method": "GET"});
    assert_eq!(response(&by_name, &own).await["statusCode"], 200);
    let away = json!({"uri": format!("http://localhost:{}/away", here.port()), "method": "GET"});
    assert!(reason(&by_name, &away).await.contains("127.0.0.1 is refused"));
}
