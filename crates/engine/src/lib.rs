//! The engine: one loop around the pure core. Commands become records, records become durable, and only
//! then does anything follow from them.

mod catalog;
mod error;
pub mod node;
mod options;

pub use catalog::Catalog;
pub use error::Error;
pub use options::Options;
