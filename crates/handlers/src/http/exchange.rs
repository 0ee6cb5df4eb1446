//! A call on the wire: hop by hop, within its times, as far as its answer's size allows.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use parking_lot::Mutex;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use super::HttpOptions;
use super::connector::Connector;
use super::guard::Refused;
use super::request::Call;

/// Redirects that are followed.
const HOPS_MAX: usize = 5;
/// Clients with a connection timeout of their own that are kept; definitions name few.
const CLIENTS_MAX: usize = 8;
/// What is said to one origin and to no other.
const CREDENTIALS: [HeaderName; 3] = [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION];

type Client = legacy::Client<Connector, Full<Bytes>>;

/// Clients, and what they may do.
pub(super) struct Exchange {
    connector: Connector,
    clients: Mutex<Vec<(Duration, Client)>>,
    response_bytes_max: usize,
    time_limit: Duration,
}

/// The last hop's answer, its body unpacked.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{0}")]
    Connection(String),
    #[error("no answer within {0:?}")]
    TooSlow(Duration),
    #[error("the call took longer than {0:?} in all")]
    TooLong(Duration),
    #[error("the response is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the response is not what its Content-Encoding says")]
    NotGzip,
    #[error("redirected more than {HOPS_MAX} times")]
    TooManyHops,
    #[error("redirected to {0:?}, which is no place to go")]
    BadRedirect(String),
}

impl Exchange {
    pub(super) fn new(options: HttpOptions) -> Self {
        let connector = Connector::new(Arc::from(options.allow), options.proxies, Duration::ZERO);
        let HttpOptions { response_bytes_max, time_limit, .. } = options;
        Self { connector, clients: Mutex::default(), response_bytes_max, time_limit }
    }

    /// Sends the call, follows redirects, and reads the answer.
    pub(super) async fn perform(&self, call: &Call) -> Result<Answer, Error> {
        let deadline = Instant::now() + self.time_limit;
        let whole = timeout_at(deadline, self.follow(call)).await;
        whole.unwrap_or(Err(Error::TooLong(self.time_limit)))
    }

    async fn follow(&self, call: &Call) -> Result<Answer, Error> {
        let client = self.client(call.connect_patience);
        let mut call = call.clone();
        for _ in 0..=HOPS_MAX {
            let patience = call.connect_patience + call.read_patience;
            let sent = timeout(patience, client.request(hop(&call)?)).await;
            let response = sent.map_err(|_| Error::TooSlow(patience))?.map_err(|error| connection(&error))?;
            match next_hop(&call, &response)? {
                Some(next) => call = next,
                None => return self.read(call.read_patience, response).await,
            }
        }
        Err(Error::TooManyHops)
    }

    fn client(&self, patience: Duration) -> Client {
        let mut clients = self.clients.lock();
        if let Some((_, client)) = clients.iter().find(|(kept, _)| *kept == patience) {
            return client.clone();
        }
        let client = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(self.connector.with_patience(patience));
        if clients.len() >= CLIENTS_MAX {
            clients.remove(0);
        }
        clients.push((patience, client.clone()));
        client
    }

    async fn read(&self, patience: Duration, response: Response<Incoming>) -> Result<Answer, Error> {
        let (parts, mut incoming) = response.into_parts();
        let mut body = BytesMut::new();
        while let Some(frame) =
            timeout(patience, incoming.frame()).await.map_err(|_| Error::TooSlow(patience))?
        {
            let frame = frame.map_err(|error| connection(&error))?;
            let Some(data) = frame.data_ref() else { continue };
            if body.len() + data.len() > self.response_bytes_max {
                return Err(Error::TooLarge(self.response_bytes_max));
            }
            body.extend_from_slice(data);
        }
        let encoding = parts.headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes());
        let body = match encoding {
            Some(b"gzip" | b"x-gzip") if !body.is_empty() => self.unpacked(&body)?,
            _ => body.freeze(),
        };
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }

    fn unpacked(&self, packed: &[u8]) -> Result<Bytes, Error> {
        let mut body = Vec::new();
        let bound = u64::try_from(self.response_bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        let mut reader = flate2::read::MultiGzDecoder::new(packed).take(bound);
        reader.read_to_end(&mut body).map_err(|_| Error::NotGzip)?;
        if body.len() > self.response_bytes_max {
            return Err(Error::TooLarge(self.response_bytes_max));
        }
        Ok(body.into())
    }
}

fn hop(call: &Call) -> Result<Request<Full<Bytes>>, Error> {
    let unsendable = |_| Error::Connection(format!("{} cannot be asked for", call.shown_url()));
    let mut url = call.url.clone();
    url.set_fragment(None);
    let mut request = Request::builder().method(&call.method).uri(url.as_str());
    if let Some(headers) = request.headers_mut() {
        headers.clone_from(&call.headers);
    }
    request.body(Full::new(call.body.clone())).map_err(unsendable)
}

/// The call that a redirect asks for instead. Its host is checked when it is connected to, like any.
fn next_hop(call: &Call, response: &Response<Incoming>) -> Result<Option<Call>, Error> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let Some(location) = response.headers().get(header::LOCATION).filter(|_| is_redirect) else {
        return Ok(None);
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    let bad = || Error::BadRedirect(location.chars().take(200).collect());
    let url = call.url.join(&location).map_err(|_| bad())?;
    if !matches!(url.scheme(), "http" | "https") || url.username() != "" || url.password().is_some() {
        return Err(bad());
    }
    let mut next = Call { url, ..call.clone() };
    let becomes_get = match response.status() {
        StatusCode::SEE_OTHER => next.method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => next.method == Method::POST,
        _ => false,
    };
    if becomes_get {
        next.method = Method::GET;
        next.body = Bytes::new();
        for name in
            [header::CONTENT_TYPE, header::CONTENT_ENCODING, HeaderName::from_static("idempotency-key")]
        {
            next.headers.remove(name);
        }
    }
    if origin(&next.url) != origin(&call.url) {
        for name in CREDENTIALS {
            next.headers.remove(name);
        }
    }
    Ok(Some(next))
}

fn origin(url: &Url) -> (&str, Option<&str>, Option<u16>) {
    (url.scheme(), url.host_str(), url.port_or_known_default())
}

/// A refusal in its own words; otherwise what the layers below say, from the top.
fn connection(error: &(dyn std::error::Error + 'static)) -> Error {
    let mut causes = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(refused) = cause.downcast_ref::<Refused>() {
            return Error::Connection(refused.to_string());
        }
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes.dedup();
    let said = if causes.len() > 1 { &causes[1..] } else { &causes };
    Error::Connection(said.join(": "))
}
