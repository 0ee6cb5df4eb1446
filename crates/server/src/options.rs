//! What a server can be told.

use std::net::SocketAddr;
use std::time::Duration;

/// Options of a server.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Where to listen. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// Listen elsewhere than on loopback although nobody is asked who they are.
    pub insecure_no_auth: bool,
    /// Bytes of a request body, at most.
    pub body_bytes_max: usize,
    /// What kind of store the engine runs on, as shown by `/api/v1/server`.
    pub store: String,
    /// The name under which error bodies say who answered.
    pub instance: String,
    /// How long requests under way may take to end when the server stops.
    pub grace: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            insecure_no_auth: false,
            body_bytes_max: 10 * 1024 * 1024,
            store: "memory".to_owned(),
            instance: "segue".to_owned(),
            grace: Duration::from_secs(10),
        }
    }
}
