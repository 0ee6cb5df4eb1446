//! The route table. A route is written down once: what it answers to, what it is for, who handles it.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};

use crate::app::App;
use crate::error::Problem;
use crate::query::{DRY_RUN, Params};

/// One verb at one path.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// With `{name}` for variable segments.
    pub(crate) path: &'static str,
    /// What it does, in a few words.
    pub(crate) summary: &'static str,
    /// Names of the query parameters that it reads.
    pub(crate) params: &'static [&'static str],
    /// What its body is, if it takes one.
    pub(crate) body: Option<&'static str>,
    changes: bool,
    handler: MethodRouter<App>,
}

impl Route {
    /// Names the query parameters.
    pub(crate) fn params(self, params: &'static [&'static str]) -> Self {
        Self { params, ..self }
    }

    /// Names the body.
    pub(crate) fn body(self, body: &'static str) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Says that it changes something though it is a GET.
    pub(crate) fn changes(self) -> Self {
        Self { changes: true, ..self }
    }

    /// Its handler. A call that changes something and cannot say what it would do must not do it when asked that.
    fn guarded(self) -> MethodRouter<App> {
        if self.changes && !self.params.contains(&DRY_RUN) {
            self.handler.route_layer(from_fn(refuse_dry_run))
        } else {
            self.handler
        }
    }
}

async fn refuse_dry_run(params: Params, request: Request, next: Next) -> Result<Response, Problem> {
    if params.dry_run()? {
        return Err(Problem::bad_request("dryRun is not supported by this call"));
    }
    Ok(next.run(request).await)
}

fn route<H: Handler<T, App>, T: 'static>(
    method: Method,
    filter: MethodFilter,
    path: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    let changes = method != Method::GET;
    Route { method, path, summary, params: &[], body: None, changes, handler: on(filter, handler) }
}

pub(crate) fn get<H: Handler<T, App>, T: 'static>(
    path: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    route(Method::GET, MethodFilter::GET, path, summary, handler)
}

pub(crate) fn post<H: Handler<T, App>, T: 'static>(
    path: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    route(Method::POST, MethodFilter::POST, path, summary, handler)
}

pub(crate) fn put<H: Handler<T, App>, T: 'static>(
    path: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    route(Method::PUT, MethodFilter::PUT, path, summary, handler)
}

pub(crate) fn delete<H: Handler<T, App>, T: 'static>(
    path: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    route(Method::DELETE, MethodFilter::DELETE, path, summary, handler)
}

/// Every route of the server.
pub(crate) fn table() -> Vec<Route> {
    let mut table = crate::conductor::routes();
    table.extend(crate::native::routes());
    table.extend(crate::health::routes());
    table.extend(crate::metrics::routes());
    table.extend(crate::openapi::routes());
    table
}

/// A path with its variables numbered: two paths that differ in their names only are one to the router.
pub(crate) fn numbered(path: &str) -> String {
    let mut count = 0;
    let segments = path.split('/').map(|segment| {
        if segment.starts_with('{') {
            count += 1;
            format!("{{p{count}}}")
        } else {
            segment.to_owned()
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The router of a table.
pub(crate) fn router(table: Vec<Route>) -> Router<App> {
    let mut paths: BTreeMap<String, MethodRouter<App>> = BTreeMap::new();
    for route in table {
        let path = numbered(route.path);
        let handler = route.guarded();
        let merged = match paths.remove(&path) {
            Some(others) => others.merge(handler),
            None => handler,
        };
        paths.insert(path, merged);
    }
    let router =
        paths.into_iter().fold(Router::new(), |router, (path, methods)| router.route(&path, methods));
    router.fallback(unknown_path).method_not_allowed_fallback(wrong_method)
}

async fn unknown_path(method: Method, uri: axum::http::Uri) -> Problem {
    Problem::not_found(format!("No static resource {} ({method})", uri.path()))
}

async fn wrong_method(method: Method) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("Request method '{method}' is not supported"))
}
