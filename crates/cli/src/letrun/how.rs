//! What the commands that run something on this machine share: where its output goes, what is shown of it, what it may reach.

use std::path::PathBuf;

use super::file::Reading;
use super::session::Show;
use super::setup::{Setup, Surface, level};
use crate::commands::server::HttpArgs;
use crate::error::Result;
use crate::project::Project;
use crate::screen::Screen;

#[derive(Debug, clap::Args)]
pub(crate) struct How {
    /// Write the output to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print nothing but the output, and errors.
    #[arg(short, long)]
    pub(crate) pipe: bool,
    /// Show lines of handlers from this level on: error, warn, info, verbose, debug.
    #[arg(short, long, value_name = "LEVEL", value_parser = ["error", "warn", "info", "verbose", "debug"])]
    pub(crate) log: Option<String>,
    #[command(flatten)]
    pub(crate) http: HttpArgs,
}

impl How {
    /// A project, ready to run something in it.
    pub(crate) async fn setup(&self, project: Project, reading: Reading) -> Result<Setup> {
        let screen = if self.pipe { Screen::quiet() } else { Screen::default() };
        let surface = Surface::new(screen, &level(self.log.as_deref(), &project));
        Setup::new(project, reading, surface, self.http.http_allow.clone()).await
    }

    /// How the end is told.
    pub(crate) fn show(&self, as_json: bool) -> Show {
        Show { file: self.output.clone(), is_bare: self.pipe, as_json }
    }
}
