//! What the url says.
//!
//! Beside what PostgreSQL's own urls know, a Segue url may say `schema` (where the tables are; default the
//! `search_path` of `options`, else `segue`), `pool_size`, `statement_timeout_ms` and, for a database that
//! is about to be made, `partitions`. TLS is spoken when `sslmode` asks for it, and then what it promises holds: the
//! certificate is one for the host, from an authority that the system or `sslrootcert` trusts.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::contract::{Error, Result};

const SCHEMA: &str = "segue";
const POOL_SIZE: usize = 12;
const STATEMENT_TIMEOUT_MS: u64 = 30_000;
const PARTITIONS: u32 = 8;
const PARTITIONS_MAX: u32 = 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How to reach the database and where in it the tables are.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) config: Config,
    /// How TLS is spoken, if it is.
    pub(crate) tls: MakeRustlsConnect,
    /// A plain identifier; needs no quotes.
    pub(crate) schema: Arc<str>,
    pub(super) pool_size: usize,
    pub(super) statement_timeout_ms: u64,
    pub(super) partitions: u32,
    /// The database as messages name it, without the password.
    pub(super) path: Arc<str>,
}

impl Options {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut options = Self {
            config: Config::new(),
            tls: MakeRustlsConnect::new(segue_tls::nobody()),
            schema: SCHEMA.into(),
            pool_size: POOL_SIZE,
            statement_timeout_ms: STATEMENT_TIMEOUT_MS,
            partitions: PARTITIONS,
            path: redacted(base).into(),
        };
        let mut rest = Vec::new();
        let mut schema = None;
        let (mut ssl_mode, mut authorities) = (SslMode::Disable, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "schema" => schema = Some(value.to_owned()),
                "pool_size" => options.pool_size = options.number(name, value)?,
                "statement_timeout_ms" => options.statement_timeout_ms = options.number(name, value)?,
                "partitions" => options.partitions = options.number(name, value)?,
                "sslmode" => ssl_mode = options.ssl_mode(value)?,
                "sslrootcert" => authorities = Some(PathBuf::from(value)),
                _ => rest.push(pair),
            }
        }
        let plain = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        options.config = Config::from_str(&plain).map_err(|cause| options.refused(&cause.to_string()))?;
        options.config.ssl_mode(ssl_mode);
        if ssl_mode == SslMode::Require {
            let trusted =
                authorities.map_or_else(|| Ok(segue_tls::client()), |path| segue_tls::client_of(&path));
            options.tls = MakeRustlsConnect::new(trusted.map_err(|cause| options.refused(&cause))?);
        }
        options.finish(schema)
    }

    fn finish(mut self, schema: Option<String>) -> Result<Self> {
        if let Some(schema) = schema.or_else(|| search_path(self.config.get_options())) {
            self.schema = schema.into();
        }
        if !is_identifier(&self.schema) {
            return Err(
                self.refused(&format!("'{}' is not a lower-case identifier for a schema", self.schema))
            );
        }
        if self.pool_size == 0 || !(1..=PARTITIONS_MAX).contains(&self.partitions) {
            return Err(
                self.refused(&format!("pool_size must be at least 1, partitions from 1 to {PARTITIONS_MAX}"))
            );
        }
        self.path = format!("{} (schema {})", self.path, self.schema).into();
        if self.config.get_connect_timeout().is_none() {
            self.config.connect_timeout(CONNECT_TIMEOUT);
        }
        if self.config.get_application_name().is_none() {
            self.config.application_name("segue");
        }
        // A server that vanished without a word must not hold its callers for the system's quarter of an hour.
        self.config.tcp_user_timeout(Duration::from_millis(self.statement_timeout_ms));
        self.config.keepalives_idle(Duration::from_secs(10));
        Ok(self)
    }

    /// What falls back to plain connections promises nothing, so it is plain from the start.
    fn ssl_mode(&self, value: &str) -> Result<SslMode> {
        match value {
            "disable" | "allow" | "prefer" => Ok(SslMode::Disable),
            "require" | "verify-ca" | "verify-full" => Ok(SslMode::Require),
            _ => Err(self.refused(&format!("sslmode: '{value}' is none, expected disable or require"))),
        }
    }

    /// The channel on which nodes tell each other that there is something to do.
    pub(super) fn channel(&self) -> String {
        format!("segue_{}", self.schema)
    }

    fn number<T: FromStr>(&self, name: &str, value: &str) -> Result<T> {
        value.parse().map_err(|_| self.refused(&format!("{name}: '{value}' is not a number in range")))
    }

    fn refused(&self, reason: &str) -> Error {
        Error::Corrupt { path: self.path.clone(), reason: reason.into() }
    }
}

fn redacted(base: &str) -> String {
    match (base.split_once("://"), base.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => base.to_owned(),
    }
}

/// The first schema of a `search_path` among libpq's `options`.
fn search_path(options: Option<&str>) -> Option<String> {
    let (_, path) = options?.split_once("search_path=")?;
    let end = path.find(|letter: char| letter == ',' || letter.is_whitespace()).unwrap_or(path.len());
    Some(path[..end].trim_matches('"').to_owned())
}

fn is_identifier(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    text.len() <= 50
        && text.bytes().all(plain)
        && text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_and_how() {
        let options =
            Options::parse("postgres://me:secret@db:5433/flow?schema=blue&pool_size=3&sslmode=prefer")
                .unwrap();
        assert_eq!((&*options.schema, options.pool_size, options.partitions), ("blue", 3, 8));
        assert_eq!(&*options.path, "postgres://db:5433/flow (schema blue)");
        assert_eq!(options.config.get_ports(), [5433]);
        let by_path = Options::parse("postgres://db/flow?options=-c%20search_path%3Dgreen,public").unwrap();
        assert_eq!(&*by_path.schema, "green");
        assert_eq!(&*Options::parse("postgres://db/flow").unwrap().schema, "segue");
    }

    #[test]
    fn what_makes_no_sense_is_refused_without_the_password() {
        for query in [
            "schema=a%22b",
            "schema=1a",
            "schema=",
            "pool_size=0",
            "partitions=x",
            "nonsense=1",
            "sslmode=maybe",
            "sslmode=require&sslrootcert=/nowhere",
        ] {
            let refused = Options::parse(&format!("postgres://me:secret@db/flow?{query}"));
            let message = refused.err().expect(query).to_string();
            assert!(!message.contains("secret"), "{message}");
        }
    }
}
