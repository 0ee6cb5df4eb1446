//! Reading of untrusted text: what is read, and how precisely what is wrong is told.

mod documents;
mod queries;
