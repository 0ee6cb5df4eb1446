//! The HTTP server: routes in one table, from which the router and the API description are both made.

mod app;
mod body;
mod conductor;
mod error;
mod health;
mod layers;
mod metrics;
mod native;
mod openapi;
mod options;
mod query;
mod reply;
mod route;
mod server;
mod wire;

pub use options::ServerOptions;
pub use server::{BindError, Server};
