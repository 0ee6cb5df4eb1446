//! `log`: a line in the task's log.

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional, required};
use super::{Done, Failed, Level};

pub(super) const SCHEMA: [Field; 2] =
    [optional("level", Kind::OneOf(&["debug", "info", "warn", "error"])), required("message", Kind::Printed)];

pub(super) fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let parameters = Parameters::read(call, &SCHEMA)?;
    let level = parameters.text("level").and_then(Level::parse).unwrap_or(Level::Info);
    (call.services.logger)(level, parameters.text("message").unwrap_or_default());
    Ok(Done::result(None))
}
