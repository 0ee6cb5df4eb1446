//! How a system task fails.

use serde_json::{Map, Value, json};

/// Errors that no other attempt can mend.
pub const TERMINAL_ERRORS: [&str; 5] = [
    "InterruptInvokeError",
    "RerunError",
    "InvalidParameterError",
    "IllegalStateError",
    "ConfigNotFoundError",
];

/// Whether an error of this name is final.
pub fn is_terminal(name: &str) -> bool {
    TERMINAL_ERRORS.contains(&name)
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Failed {
    /// The error's name, as filters of `catch` compare it: `Error`, `InvalidParameterError`.
    pub name: String,
    /// For people; the attempt's reason.
    pub message: String,
    /// Whether no other attempt may help.
    pub terminal: bool,
    /// What else the error says: `stack`, `status`.
    pub details: Box<Map<String, Value>>,
    /// What the attempt leaves as its result all the same.
    pub result: Option<Box<Value>>,
}

impl Failed {
    /// An error; its name decides whether it is final.
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            terminal: is_terminal(&name),
            name,
            message: message.into(),
            details: Box::default(),
            result: None,
        }
    }

    /// An error without a name of its own. Another attempt may help.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new("Error", message)
    }

    /// What the task is told to do makes no sense.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterError", message)
    }

    /// What the task is told to do cannot be done here or now.
    pub fn illegal(message: impl Into<String>) -> Self {
        Self::new("IllegalStateError", message)
    }

    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }

    pub(super) fn leaving(mut self, result: Value) -> Self {
        self.result = Some(Box::new(result));
        self
    }

    /// `{"name", "message", …}`.
    pub fn as_error(&self) -> Value {
        let mut error = json!({"name": self.name, "message": self.message});
        if let Value::Object(fields) = &mut error {
            fields.extend((*self.details).clone());
        }
        error
    }

    /// The failed attempt's output: `{"error": {…}}`, with `result` if it leaves one.
    pub fn output(&self) -> Value {
        let mut output = json!({"error": self.as_error()});
        if let (Value::Object(fields), Some(result)) = (&mut output, &self.result) {
            fields.insert("result".to_owned(), (**result).clone());
        }
        output
    }
}
