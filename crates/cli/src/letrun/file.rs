//! A letrun file with its project, compiled.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use segue_dialects::Document;
use segue_dialects::letrun::{Compiled, Options, RetryDefaults, Strategy, compile};

use super::setup::{Setup, Surface};
use crate::error::{Error, Result};
use crate::input;
use crate::project::{Config, Project};
use crate::screen::Screen;

/// How a file is to be understood.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reading {
    /// An expression that finds nothing fails its task.
    pub(crate) strict: bool,
    /// `retryCount` counts attempts.
    pub(crate) counts_attempts: bool,
    /// A plugin decides on every task.
    pub(crate) host_does_all: bool,
}

/// How a file is to be understood, as options say it.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct Rules {
    /// Of a letrun file: fail where an expression finds nothing, instead of leaving it as it is written.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Of a letrun file: count attempts with retryCount, as letrun 0.0.6 does, instead of retries.
    #[arg(long)]
    pub(crate) letrun_compat: bool,
}

impl Rules {
    /// These rules in a project, whose plugins are asked whether they decide on every task.
    pub(crate) async fn reading(self, project: &Project) -> Result<Reading> {
        let reading =
            Reading { strict: self.strict, counts_attempts: self.letrun_compat, host_does_all: false };
        let surface = Surface::new(Screen::default(), "warn");
        let setup = Setup::new(project.clone(), reading, surface, Vec::new()).await?;
        setup.host.stop().await;
        Ok(setup.reading)
    }
}

/// A compiled file.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    /// The file, absolute.
    pub(crate) path: PathBuf,
    /// Its native form, and what belongs to it.
    pub(crate) compiled: Arc<Compiled>,
}

impl Flow {
    /// Reads and compiles a file; warnings go to standard error.
    pub(crate) fn read(path: &Path, project: &Project, reading: Reading) -> Result<Self> {
        Self::parse(&input::file(path)?, path, project, reading)
    }

    /// Compiles a text as if it were this file's.
    pub(crate) fn parse(text: &str, path: &Path, project: &Project, reading: Reading) -> Result<Self> {
        let name = path.display().to_string();
        let document = Document::new(text).in_file(&name);
        let path = std::path::absolute(path)?;
        let options = options(&project.config, &path, reading)?;
        let compiled = compile(&document, &options).map_err(|found| {
            let told: Vec<String> = found.iter().map(|one| input::told(&document, one)).collect();
            Error::usage(told.join("\n"))
        })?;
        for warning in &compiled.warnings {
            eprintln!("warning: {warning}");
        }
        Ok(Self { path, compiled: Arc::new(compiled) })
    }

    /// Where handlers are looked for first.
    pub(crate) fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }
}

/// What the configuration of a project says of its workflows.
pub(crate) fn options(config: &Config, path: &Path, reading: Reading) -> Result<Options> {
    let number = |key: &str| config.number(key).map(Option::unwrap_or_default);
    let count = number("retry.default.retryCount")?;
    let strategy = config.text("retry.default.retryStrategy").unwrap_or_default();
    let strategy = Strategy::parse(&strategy).ok_or_else(|| {
        let known = Strategy::NAMES.join(", ");
        Error::usage(format!("retry.default.retryStrategy: {strategy:?} is no strategy"))
            .hint(format!("one of {known}"))
    })?;
    Ok(Options {
        retry: RetryDefaults {
            // A negative or fractional count is no count.
            count: count.clamp(0.0, f64::from(u16::MAX)) as u32,
            strategy,
            delay_seconds: number("retry.default.retryDelaySeconds")?,
            backoff_rate: number("retry.default.backoffRate")?,
        },
        attempts_not_retries: reading.counts_attempts,
        strict: reading.strict,
        host_does_all: reading.host_does_all,
        base: path.parent().map(Path::to_path_buf),
        read: Some(Arc::new(|path: &Path| std::fs::read_to_string(path))),
    })
}
