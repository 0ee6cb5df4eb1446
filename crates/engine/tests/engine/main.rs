//! The engine on the reference store, through its public calls alone.

mod basics;
