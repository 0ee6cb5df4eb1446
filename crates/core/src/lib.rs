//! The pure core of Segue: definitions, expressions, conditions and the rules of execution.
//!
//! Nothing here reads a clock, a file, the network or a random number: inputs in, decisions out.

pub mod condition;
pub mod definition;
pub mod expression;
