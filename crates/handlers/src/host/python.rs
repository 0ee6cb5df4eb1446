//! Python as the child of a project.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::process::Command;

use super::attempt::TaskError;
use super::child::{Asked, Child};
use super::link;
use super::options::HostOptions;
use super::plugins::Plugin;
use super::reaper::Reaper;
use super::room::Starter;

const START_PATIENCE: Duration = Duration::from_secs(30);
const HOST: &str = include_str!("py/host.py");

/// Starts Python for a project.
pub(super) struct Python {
    pub(super) options: Arc<HostOptions>,
    pub(super) reaper: Arc<Reaper>,
    pub(super) asked: Arc<dyn Asked>,
}

#[async_trait]
impl Starter for Python {
    async fn start(&self, needed_by: &str) -> Result<(Arc<Child>, Vec<Plugin>), TaskError> {
        let python = self.options.python.display();
        let failed = |error: std::io::Error| TaskError::host(format!("{python} cannot be started: {error}"));
        let (ours, theirs) = link::pair().map_err(failed)?;
        let mut command = Command::new(&self.options.python);
        command
            .args(["-u", "-c", HOST])
            .envs(self.options.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.options.working_directory);
        link::hand_over(&mut command, [theirs]).map_err(failed)?;
        let started = Child::start(&mut command, ours, &self.reaper, self.asked.clone(), self.options.grace);
        // It holds the other end of the socket, which must close with the child.
        drop(command);
        let (child, greetings) = started.map_err(|error| {
            TaskError::unavailable(format!(
                "{needed_by} needs Python 3.8 or later, but `{python}` cannot be started: {error}\n\
                 Get it from https://python.org or by your package manager (apt install python3, brew install python)."
            ))
        })?;
        match link::greeted(&child, greetings, START_PATIENCE).await {
            Ok(plugins) => Ok((child, plugins)),
            Err(reason) => Err(TaskError::host(format!("{python} cannot be used: {reason}"))),
        }
    }
}
