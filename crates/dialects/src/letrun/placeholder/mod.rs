//! `${…}` in parameters: from letrun's names to the engine's.
//!
//! [`scan`] finds the placeholders of a text and takes them apart, [`address`] says where the engine keeps what a path
//! means at the place where it is written, and [`rewrite`] puts the text together again.

pub(crate) mod address;
pub(crate) mod native;
pub(crate) mod path;
pub(crate) mod rewrite;
pub(crate) mod scan;
