//! Files and TCP, refused by Landlock for good.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

/// The newest rules that we know; older kernels apply those of them that they know.
const NEWEST: ABI = ABI::V6;

/// Where Python and the libraries that it is linked with may be.
const SYSTEM: [&str; 6] = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache"];

/// Refuses every file, where the kernel can.
pub(super) fn refuse_all() -> Result<(), String> {
    restrict(&[]).map(drop).map_err(|error| format!("Landlock: {error}"))
}

/// Refuses every file but an interpreter and its library. Says whether the kernel does it.
pub(super) fn refuse_all_but_python(python: &Path) -> Result<bool, String> {
    let mut readable: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    let library = python.parent().and_then(Path::parent).map(|prefix| prefix.join("lib"));
    readable.extend(library.filter(|library| library != Path::new("/lib")));
    readable.push(python.to_owned());
    restrict(&readable).map_err(|error| format!("Landlock: {error}"))
}

fn restrict(readable: &[PathBuf]) -> Result<bool, RulesetError> {
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        // What is not there need not be allowed.
        .add_rules(path_beneath_rules(readable, AccessFs::from_read(NEWEST)))?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}
