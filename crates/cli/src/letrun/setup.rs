//! What a run of a letrun file needs beside the file: the project, its host, somewhere to show things.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use segue_engine::Builtins;
use segue_handlers::host::{Host, HostOptions};
use segue_handlers::{Allowed, EvaluatorOptions, HttpOptions, Proxies};
use serde_json::Value;

use super::file::{Flow, Reading};
use super::loggers::Loggers;
use super::scripts::{Lines, Machine};
use crate::error::{Error, Result};
use crate::project::Project;
use crate::screen::Screen;

/// What all runs of one project share.
pub(crate) struct Setup {
    pub(crate) project: Project,
    pub(crate) host: Host,
    pub(crate) reading: Reading,
    pub(crate) surface: Surface,
    /// Where lines of system tasks go.
    pub(crate) loggers: Loggers,
    /// Runs scripts.
    pub(crate) builtins: Builtins,
    /// How HTTP tasks are done.
    pub(crate) http: HttpOptions,
    /// Where relative paths begin: the working directory.
    pub(crate) directory: PathBuf,
    /// How long an attempt of a handler may take.
    pub(crate) patience: Duration,
}

/// Names of levels, the most important first.
const LEVELS: [&str; 5] = ["error", "warn", "info", "verbose", "debug"];

impl Setup {
    /// Starts the project's host, which loads its plugins.
    pub(crate) async fn new(
        project: Project,
        mut reading: Reading,
        surface: Surface,
        allow: Vec<Allowed>,
    ) -> Result<Self> {
        let builtins = Builtins::new(EvaluatorOptions::default());
        let http = reachable(allow);
        let directory = std::env::current_dir()?;
        let loggers = Loggers::new(surface.lines());
        let machine = Machine {
            services: builtins.services(http.clone()),
            directory: directory.clone(),
            project: project.clone(),
            reading,
            lines: surface.lines(),
            loggers: loggers.clone(),
        };
        let host = Host::start(options(&project, Arc::new(machine))?);
        let host = host.await.map_err(|error| Error::io(error.message))?;
        loggers.add(&host);
        for plugin in host.plugins() {
            if let Some(why) = plugin.unsupported() {
                surface.say(&format!(
                    "warning: the {} plugin {:?} is not used: {why}",
                    plugin.kind, plugin.name
                ));
            }
        }
        let is_language_added = host.plugins().iter().any(|plugin| plugin.kind == "script-engine");
        reading.host_does_all = host.sees_every_task() || is_language_added;
        let seconds = project.config.number("task.timeoutSeconds")?.unwrap_or(3600.0);
        let patience = Duration::try_from_secs_f64(seconds)
            .map_err(|_| Error::usage(format!("task.timeoutSeconds: {seconds} is no time")))?;
        Ok(Self { project, host, reading, surface, loggers, builtins, http, directory, patience })
    }

    /// Where handlers are looked for.
    pub(crate) fn places(&self, flow: &Flow) -> Vec<PathBuf> {
        vec![flow.directory().to_path_buf(), self.directory.clone(), self.project.task_dir()]
    }
}

/// A file on its user's machine may call what that machine reaches, also by its proxy, unless the user names what it may.
fn reachable(allow: Vec<Allowed>) -> HttpOptions {
    match allow.is_empty() {
        true => HttpOptions {
            allow: vec![Allowed::Everything],
            proxies: Proxies::OfEnvironment,
            ..HttpOptions::default()
        },
        false => HttpOptions { allow, ..HttpOptions::default() },
    }
}

fn options(project: &Project, machine: Arc<Machine>) -> Result<HostOptions> {
    let text = |key: &str| project.config.text(key).unwrap_or_default();
    let config = match project.config.merged() {
        Value::Object(config) => config,
        _ => serde_json::Map::new(),
    };
    Ok(HostOptions {
        working_directory: machine.directory.clone(),
        plugin_directory: project.plugin_dir(),
        task_directory: project.task_dir(),
        node: PathBuf::from(
            project.config.text("script-engine.javascript.nodePath").unwrap_or("node".into()),
        ),
        python: PathBuf::from(text("script-engine.python.pythonPath")),
        config,
        ..HostOptions::new(&project.root, machine)
    })
}

/// The screen, and what is shown on it.
#[derive(Clone)]
pub(crate) struct Surface {
    screen: Arc<Mutex<Screen>>,
    /// The place of the least important level that is shown.
    level: usize,
    is_live: bool,
}

impl Surface {
    /// Shows lines from a level on.
    pub(crate) fn new(screen: Screen, level: &str) -> Self {
        let level = LEVELS.iter().position(|one| *one == level).unwrap_or(2);
        Self { screen: Arc::new(Mutex::new(screen)), level, is_live: std::io::stderr().is_terminal() }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.screen.lock().is_quiet()
    }

    /// Whether the tree is drawn over while it changes.
    pub(crate) fn is_live(&self) -> bool {
        self.is_live
    }

    pub(crate) fn draw(&self, lines: &[String]) {
        self.screen.lock().draw(lines);
    }

    pub(crate) fn begin_anew(&self) {
        self.screen.lock().begin_anew();
    }

    pub(crate) fn say(&self, line: &str) {
        self.screen.lock().say(line);
    }

    /// Where handlers' lines go.
    pub(crate) fn lines(&self) -> Lines {
        let surface = self.clone();
        Arc::new(move |level: &str, text: &str| {
            let place = LEVELS.iter().position(|one| *one == level).unwrap_or(2);
            if place <= surface.level {
                surface.say(&format!("{level:>7}: {text}"));
            }
        })
    }
}

/// The level that lines are shown from: the option's, else the configuration's.
pub(crate) fn level(option: Option<&str>, project: &Project) -> String {
    option.map(str::to_owned).or_else(|| project.config.text("logger.level")).unwrap_or_default()
}

/// The files that a run depends on.
pub(crate) fn watched(project: &Project, file: &Path) -> Vec<PathBuf> {
    let mut watched = vec![file.to_path_buf(), project.plugin_dir(), project.task_dir()];
    watched.extend(crate::project::FILES.iter().map(|name| project.root.join(name)));
    watched
}
