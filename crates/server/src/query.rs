//! Query parameters and path segments, as lenient as Conductor's clients need: an empty value is an absent
//! one, booleans are read in any case.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::Problem;

/// The parameter that asks what a call would do.
pub(crate) const DRY_RUN: &str = "dryRun";

/// The parameters of a request, in order.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Every non-empty value of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, Problem> {
        self.text(name).map_or(Ok(default), |value| boolean(name, value))
    }

    /// Whether the caller only asks. Stricter with the value and laxer with the name than other flags: who meant to ask must not
    /// find it done.
    pub(crate) fn dry_run(&self) -> Result<bool, Problem> {
        let said = self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(DRY_RUN));
        said.map(|(_, value)| boolean(DRY_RUN, value)).try_fold(false, |any, said| Ok(any | said?))
    }

    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.text(name).map(|value| number(name, value)).transpose()
    }
}

/// A number as a parameter of the query or of the path has it.
pub(crate) fn number<T: FromStr>(name: &str, value: &str) -> Result<T, Problem> {
    let out_of = |_| Problem::bad_request(format!("parameter {name}: '{value}' is not a number in range"));
    value.trim().parse().map_err(out_of)
}

fn boolean(name: &str, value: &str) -> Result<bool, Problem> {
    if value.eq_ignore_ascii_case("true") {
        Ok(true)
    } else if value.eq_ignore_ascii_case("false") {
        Ok(false)
    } else {
        Err(Problem::bad_request(format!("parameter {name}: '{value}' is neither true nor false")))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(pairs)| Self(pairs))
            .map_err(|error| Problem::bad_request(format!("cannot read the query: {error}")))
    }
}

/// The variable segments of the path, decoded.
pub(crate) struct At<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Path::from_request_parts(parts, state).await;
        read.map(|Path(segments)| Self(segments)).map_err(|error| Problem::bad_request(error.body_text()))
    }
}
