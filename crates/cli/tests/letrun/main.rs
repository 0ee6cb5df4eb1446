//! letrun files through the whole binary, as their authors start them.

mod cases;
mod guides;
mod packages;
mod program;
mod samples;
mod saved;
mod stand_in;
mod watching;
