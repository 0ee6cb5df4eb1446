//! Conductor's example files (Apache-2.0, with their licence): definitions that the core's tests use, too, and
//! others of which there is no definition to read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::case::Case;

fn folders() -> [PathBuf; 2] {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    [crate_folder.join("../core/tests/data/conductor"), crate_folder.join("tests/conductor/data")]
}

/// The text of a file.
pub(crate) fn read(name: &str, replace: &BTreeMap<String, String>) -> Result<String, String> {
    let path = folders().into_iter().map(|folder| folder.join(name)).find(|path| path.exists());
    let path = path.ok_or_else(|| format!("there is no example {name}"))?;
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    Ok(replace.iter().fold(text, |text, (from, to)| text.replace(from, to)))
}

/// # Panics
/// If there is a file that no case uses.
pub(crate) fn assert_all_in(cases: &[Case]) {
    let files = cases.iter().flat_map(|case| &case.files);
    let bodies = cases.iter().flat_map(|case| &case.steps).filter_map(|step| step.file.as_ref());
    let used: BTreeSet<&String> = files.chain(bodies).collect();
    for folder in folders() {
        for entry in std::fs::read_dir(folder).expect("the examples") {
            let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            assert!(!name.ends_with(".json") || used.contains(&name), "no case uses {name}");
        }
    }
}
