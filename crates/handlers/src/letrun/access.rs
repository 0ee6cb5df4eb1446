//! The way to the machine's files.

use std::path::PathBuf;

use super::Failed;
use super::call::Call;

/// Where a path leads; an error where the machine is not to be touched.
pub(super) fn path(call: &Call<'_>, path: &str) -> Result<PathBuf, Failed> {
    directory(call).map(|directory| directory.join(path))
}

/// Where relative paths begin.
pub(super) fn directory(call: &Call<'_>) -> Result<PathBuf, Failed> {
    call.services.directory.clone().ok_or_else(|| {
        Failed::illegal(format!(
            "{} needs the files and programs of a machine, which a server does not offer; `segue run` and \
             `segue worker --project DIR` do",
            call.named()
        ))
    })
}
