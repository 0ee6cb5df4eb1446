//! letrun files on the command line: read with their project, run in this process, saved and resumed.

pub(crate) mod catalogue;
pub(crate) mod file;
pub(crate) mod how;
pub(crate) mod install;
pub(crate) mod loggers;
pub(crate) mod memo;
pub(crate) mod missing;
pub(crate) mod outline;
pub(crate) mod output;
pub(crate) mod plugins;
pub(crate) mod remote;
pub(crate) mod resolve;
pub(crate) mod saved;
pub(crate) mod scripts;
pub(crate) mod session;
pub(crate) mod setup;
pub(crate) mod shown;
