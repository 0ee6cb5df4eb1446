//! What the engine does itself outside the core: scripts, and tasks of built-in types.

mod scripts;

pub use scripts::scripts;
