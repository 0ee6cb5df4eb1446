//! Files and TCP, refused by Landlock for good.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

/// The newest rules that we know; older kernels apply those of them that they know.
const NEWEST: ABI = ABI::V6;

/// Refuses every file, where the kernel can.
pub(super) fn refuse_all() -> Result<(), String> {
    restrict(&[]).map(drop).map_err(|error| format!("Landlock: {error}"))
}

/// Refuses every file but what may be read and executed beneath some paths. Says whether the kernel does it.
pub(super) fn restrict(readable: &[&std::path::Path]) -> Result<bool, RulesetError> {
    let reading: BitFlags<AccessFs> = AccessFs::from_read(NEWEST);
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    for path in readable {
        // What is not there need not be allowed.
        if let Ok(path) = PathFd::new(path) {
            rules = rules.add_rule(PathBeneath::new(path, reading))?;
        }
    }
    let status = rules.restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}
