//! Errors by kind; the kind decides the exit code.

use std::process::ExitCode;

use serde_json::json;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The workflow ended unsuccessfully.
    Failed,
    /// The command line or an input file is wrong.
    Usage,
    /// The server, the store, a file or the network.
    Io,
}

/// A failed command.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub(crate) fn io(message: impl Into<String>) -> Self {
        Self::new(Kind::Io, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Tells the error on standard error and gives the exit code.
    pub(crate) fn report(&self, as_json: bool) -> ExitCode {
        let code = match self.kind {
            Kind::Failed => 1u8,
            Kind::Usage => 2,
            Kind::Io => 3,
        };
        if as_json {
            eprintln!("{}", json!({"error": self.message, "hint": self.hint, "exitCode": code}));
        } else {
            eprintln!("error: {}", self.message);
            if let Some(hint) = &self.hint {
                eprintln!("hint: {hint}");
            }
        }
        ExitCode::from(code)
    }
}

impl From<segue_store::Error> for Error {
    fn from(error: segue_store::Error) -> Self {
        use segue_store::Error as Store;
        let hint = match &error {
            Store::Locked { url: Some(url), .. } => Some(format!("that server answers: use --server {url}")),
            Store::Locked { url: None, .. } => Some("stop that process, or use another file".to_owned()),
            Store::Newer { .. } => Some("use the release that wrote it, or a newer one".to_owned()),
            Store::Corrupt { .. } => {
                Some("is it the right file? `segue store check` looks at a whole store".to_owned())
            }
            _ => None,
        };
        Self { hint, ..Self::io(error.to_string()) }
    }
}

impl From<segue_engine::Error> for Error {
    fn from(error: segue_engine::Error) -> Self {
        use segue_engine::Error as Engine;
        match error {
            Engine::Store(error) => error.into(),
            Engine::NoSuchDefinition { .. } | Engine::InvalidDefinition(_) => Self::usage(error.to_string()),
            other => Self::io(other.to_string()),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::io(error.to_string())
    }
}
