//! The server over real HTTP.

mod running;

mod worker_plane;
