//! `segue completions`.

use clap_complete::Shell;

use crate::error::Result;

/// Print a completion script.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue completions bash > /etc/bash_completion.d/segue")]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    clap_complete::generate(args.shell, &mut super::tree(), "segue", &mut std::io::stdout());
    Ok(())
}
