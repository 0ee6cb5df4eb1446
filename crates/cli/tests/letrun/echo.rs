//! A server that answers with what it was asked, so that a workflow's output shows what its `http` task sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::{Map, json};

/// Starts it and says where it is. Its thread ends with the test's process.
pub(crate) fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away ends its own connection only.
            std::thread::spawn(move || drop(serve(stream)));
        }
    });
    url
}

/// `/status/N` answers with that status and nothing else, `/never` not at all, anything else with the request.
fn serve(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if stream.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut headers = Map::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.insert(name.to_lowercase(), value.into());
        }
        let length = headers.get("content-length").and_then(|length| length.as_str()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body)?;
        let mut words = first.split_whitespace();
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (status, text) = match path.strip_prefix("/status/") {
            Some(status) => (status, String::new()),
            None if path == "/never" => {
                std::thread::park_timeout(std::time::Duration::from_secs(60));
                return Ok(());
            }
            None => ("200", asked(method, path, &headers, &body)),
        };
        // An answer without content has no length.
        let length =
            if status == "204" { String::new() } else { format!("Content-Length: {}\r\n", text.len()) };
        let head = format!(
            "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nX-Kind: echo\r\n{length}\r\n"
        );
        stream.get_mut().write_all(format!("{head}{text}").as_bytes())?;
    }
}

fn asked(method: &str, path: &str, headers: &Map<String, serde_json::Value>, body: &[u8]) -> String {
    let kept =
        ["content-type", "x-own", "x-number"].into_iter().filter_map(|name| Some((name, headers.get(name)?)));
    let headers: Map<_, _> = kept.map(|(name, value)| (name.to_owned(), value.clone())).collect();
    json!({ "method": method, "path": path, "headers": headers, "body": String::from_utf8_lossy(body) })
        .to_string()
}
