//! The HTTP task: one request, its answer as output.
//!
//! [`HttpHandler`] reads a task's input ([`request`]), sends it hop by hop ([`exchange`]) over connections that are
//! made to checked addresses only ([`guard`], [`connector`]), and says how the task ends ([`answer`]).

mod answer;
mod connector;
mod exchange;
mod fetch;
mod guard;
mod options;
mod request;
mod route;
mod status;

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use segue_core::json::Json;
use serde_json::{Value, json};

use crate::{Evaluation, Form, Language};
use exchange::{Answer, Exchange};
pub(crate) use fetch::{Fetch, Fetched};
pub use guard::{Allowed, NotAllowed};
pub use options::HttpOptions;
use request::Call;
pub use route::Proxies;

/// Whose turn it is to have an answer filtered.
const FILTERS: &str = "\0output filters";

/// How an HTTP task ends.
#[derive(Clone, Debug, PartialEq)]
pub enum HttpOutcome {
    /// It has succeeded.
    Completed {
        /// `{"response": {…}}`.
        output: Json,
    },
    /// The call has succeeded; someone else completes the task (`asyncComplete`).
    InProgress {
        /// `{"response": {…}}`.
        output: Json,
    },
    /// It has failed.
    Failed {
        /// The task's reason for incompletion.
        reason: String,
        /// `{"response": "…"}`, or nothing when the input is at fault.
        output: Json,
        /// The other side asks not to be called again before this has passed.
        retry_after: Option<Duration>,
    },
}

impl HttpOutcome {
    fn failed(reason: impl Into<String>) -> Self {
        Self::Failed { reason: reason.into(), output: Json::empty_object(), retry_after: None }
    }

    /// As the wire of definitions has it, whose first server prints an exception's class.
    fn not_invoked(cause: &str, retry_after: Option<Duration>) -> Self {
        let cause = format!("java.lang.Exception: {cause}");
        Self::Failed {
            reason: format!("Failed to invoke HTTP task due to: {cause}"),
            output: Json::of(&json!({ "response": cause })),
            retry_after,
        }
    }
}

/// Does HTTP tasks. Connections are kept between calls.
pub struct HttpHandler {
    options: HttpOptions,
    /// Made by the first call: reading whom the system trusts takes as long as the start of everything else.
    exchange: OnceLock<Exchange>,
}

impl fmt::Debug for HttpHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpHandler").field("options", &self.options).finish_non_exhaustive()
    }
}

impl HttpHandler {
    /// A handler without connections yet.
    pub fn new(options: HttpOptions) -> Self {
        Self { options, exchange: OnceLock::new() }
    }

    fn exchange(&self) -> &Exchange {
        self.exchange.get_or_init(|| Exchange::new(self.options.clone()))
    }

    /// Makes the call that a task's input describes. The effect key goes along, where a repeated call would repeat an
    /// effect and the task has no key of its own.
    pub async fn call(&self, input: &Json, effect_key: &str) -> HttpOutcome {
        let call = match Call::read(input, effect_key) {
            Ok(call) => call,
            Err(reason) => return HttpOutcome::failed(reason),
        };
        let answer = match self.exchange().perform(&call).await {
            Ok(answer) => answer,
            Err(error) => {
                let cause =
                    format!("I/O error on {} request for \"{}\": {error}", call.method, call.shown_url());
                return HttpOutcome::not_invoked(&cause, None);
            }
        };
        if !call.accepted.accepts(answer.status.as_u16()) {
            return HttpOutcome::not_invoked(&answer.refusal(), answer.retry_after());
        }
        match self.output(&call, &answer).await {
            Ok(output) if call.is_async_complete => HttpOutcome::InProgress { output },
            Ok(output) => HttpOutcome::Completed { output },
            Err(cause) => HttpOutcome::not_invoked(&cause, None),
        }
    }

    async fn output(&self, call: &Call, answer: &Answer) -> Result<Json, String> {
        let response = answer.response();
        let Some(filter) = &call.output_filter else { return Ok(answer::output(&response)) };
        let evaluators =
            self.options.evaluators.as_ref().ok_or("outputFilter: there are no evaluators for it")?;
        let evaluation = Evaluation {
            language: Language::Jq,
            form: Form::Expression,
            source: filter.as_str().into(),
            input: response,
            share: FILTERS.into(),
        };
        let results =
            evaluators.evaluate(evaluation).await.map_err(|error| format!("outputFilter: {error}"))?;
        let first = match results.value() {
            Value::Array(results) => results.into_iter().next(),
            _ => None,
        };
        Ok(answer::output(&Json::of(&first.unwrap_or(Value::Null))))
    }
}
