//! A stand-in for the site that the samples call, and the proxy on the way to it.
//!
//! The samples name `https://jsonplaceholder.typicode.com`. A test gives `segue` a proxy by `HTTPS_PROXY` and an authority
//! by `SSL_CERT_FILE`; whatever is asked of the proxy, the stand-in answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use segue_testkit::tls;

/// The site of the samples.
const SITE: &str = "jsonplaceholder.typicode.com";
/// What it answers to `/todos/1`.
pub(crate) const TODO: &str = r#"{"userId": 1, "id": 1, "title": "delectus aut autem", "completed": false}"#;

/// The stand-in; its thread ends with the test's process.
pub(crate) struct StandIn {
    proxy: String,
    authority: tempfile::TempPath,
    asked: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    pub(crate) fn start() -> Self {
        let certified = tls::certified(SITE);
        let config = certified.config();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let proxy = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, seen) = (config.clone(), seen.clone());
                // A client that goes away ends its own connection only.
                std::thread::spawn(move || drop(serve(stream, config, &seen)));
            }
        });
        Self { proxy, authority: certified.authority_file(), asked }
    }

    /// What sends `segue` here.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let authority = self.authority.display().to_string();
        vec![("HTTPS_PROXY".into(), self.proxy.clone()), ("SSL_CERT_FILE".into(), authority)]
    }

    /// The first lines of the requests so far, and of those to the proxy.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// One connection: a tunnel, then requests over TLS.
fn serve(mut stream: TcpStream, config: Arc<ServerConfig>, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let note = |line: &str| seen.lock().expect("no panic").push(line.to_owned());
    // Read byte by byte: what follows the head belongs to TLS.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    note(String::from_utf8_lossy(&head).lines().next().unwrap_or_default());
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut secured = BufReader::new(StreamOwned::new(connection, stream));
    loop {
        let mut first = String::new();
        if secured.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            secured.read_line(&mut line)?;
        }
        note(first.trim_end());
        let (status, body) = match first.split_whitespace().nth(1) {
            Some("/todos/1") => ("200 OK", TODO),
            _ => ("404 Not Found", "{}"),
        };
        let length = body.len();
        let kind = "Content-Type: application/json; charset=utf-8";
        let answer = format!("HTTP/1.1 {status}\r\n{kind}\r\nContent-Length: {length}\r\n\r\n{body}");
        secured.get_mut().write_all(answer.as_bytes())?;
        secured.get_mut().flush()?;
    }
}
