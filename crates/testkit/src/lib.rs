//! What tests of several crates need from the outside world. Never a dependency of anything that ships.

pub mod postgres;
pub mod tls;
