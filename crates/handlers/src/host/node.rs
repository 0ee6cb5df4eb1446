//! Node.js as the child of a project.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::sync::watch;

use super::attempt::TaskError;
use super::child::{Asked, Child};
use super::link;
use super::locate::SCRIPTS;
use super::options::HostOptions;
use super::plugins::Plugin;
use super::reaper::Reaper;
use super::room::Starter;
use super::transpile::transpile;
use super::wire;

/// Loading plugins may take its time.
const START_PATIENCE: Duration = Duration::from_secs(60);
const VERSION_MIN: u32 = 18;
const BOOT: &str = include_str!("js/boot.js");
const JOI: &str = include_str!("js/vendor/joi-17.13.3.min.js");
/// What it asks for, by name.
const FILES: [(&str, &str); 14] = [
    ("calls", include_str!("js/calls.js")),
    ("channel", include_str!("js/channel.js")),
    ("common", include_str!("js/common.js")),
    ("context", include_str!("js/context.js")),
    ("core", include_str!("js/core.js")),
    ("hooks", include_str!("js/hooks.js")),
    ("loader", include_str!("js/loader.js")),
    ("logs", include_str!("js/logs.js")),
    ("main", include_str!("js/main.js")),
    ("modules", include_str!("js/modules.js")),
    ("plugins", include_str!("js/plugins.js")),
    ("schemas", include_str!("js/schemas.js")),
    ("source", include_str!("js/source.js")),
    ("uses", include_str!("js/uses.js")),
];

/// Starts Node.js for a project.
pub(super) struct Node {
    pub(super) options: Arc<HostOptions>,
    pub(super) reaper: Arc<Reaper>,
    pub(super) asked: Arc<dyn Asked>,
}

#[async_trait]
impl Starter for Node {
    async fn start(&self, needed_by: &str) -> Result<(Arc<Child>, Vec<Plugin>), TaskError> {
        let failed = |error: std::io::Error| TaskError::host(format!("Node.js cannot be started: {error}"));
        let (frames, frames_theirs) = link::pair().map_err(failed)?;
        let (questions, questions_theirs) = link::pair().map_err(failed)?;
        let mut command = self.command(frames_theirs, questions_theirs).map_err(failed)?;
        let started =
            Child::start(&mut command, frames, &self.reaper, self.asked.clone(), self.options.grace);
        // It holds their ends of the sockets, which must close with the child.
        drop(command);
        let (child, greetings) = started.map_err(|error| self.missing(needed_by, &error))?;
        let (seen, version) = watch::channel(None);
        tokio::spawn(answer_questions(questions, self.settings(), seen));
        match link::greeted(greetings, START_PATIENCE).await {
            Ok(plugins) => Ok((child, plugins)),
            Err(reason) => Err(match *version.borrow() {
                Some(version) if version < VERSION_MIN => self.too_old(needed_by, version),
                _ => TaskError::host(format!("{} cannot be used: {reason}", self.options.node.display())),
            }),
        }
    }
}

impl Node {
    fn command(&self, frames: OwnedFd, questions: OwnedFd) -> std::io::Result<Command> {
        let mut command = Command::new(&self.options.node);
        command
            .args(["-e", BOOT])
            .envs(self.options.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.options.working_directory);
        link::hand_over(&mut command, [frames, questions])?;
        Ok(command)
    }

    fn settings(&self) -> Value {
        let files: serde_json::Map<_, _> =
            FILES.iter().map(|(name, text)| ((*name).into(), json!(text))).collect();
        let path = |path: &Path| self.options.working_directory.join(path);
        json!({
            "files": files,
            "project": path(&self.options.project),
            "pluginDirectory": path(&self.options.plugin_directory),
            "taskDirectory": path(&self.options.task_directory),
            "config": self.options.config,
        })
    }

    fn missing(&self, needed_by: &str, error: &std::io::Error) -> TaskError {
        let node = self.options.node.display();
        TaskError::unavailable(format!(
            "handler {needed_by:?} needs Node.js {VERSION_MIN} or later, but `{node}` cannot be started: {error}\n{HOW}"
        ))
    }

    fn too_old(&self, needed_by: &str, version: u32) -> TaskError {
        let node = self.options.node.display();
        TaskError::unavailable(format!(
            "handler {needed_by:?} needs Node.js {VERSION_MIN} or later, but `{node}` is Node.js {version}\n{HOW}"
        ))
    }
}

/// Whether there is something in a folder that Node can load.
pub(super) fn has_scripts(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|file| file.path()).any(|file| {
        let extension = file.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| SCRIPTS.contains(&extension))
    })
}

const HOW: &str =
    "Get it from https://nodejs.org or by your package manager (apt install nodejs, brew install node).";

/// What a child asks while it waits, not while it runs other things.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Question {
    Bundle { version: String },
    Transpile { path: String, text: String },
    Joi,
}

async fn answer_questions(mut socket: UnixStream, settings: Value, seen: watch::Sender<Option<u32>>) {
    while let Ok(payload) = wire::read(&mut socket).await {
        let answer = match serde_json::from_slice(&payload) {
            Ok(Question::Bundle { version }) => {
                let major = version.split('.').next().and_then(|major| major.parse().ok());
                let _ = seen.send(major);
                if major.is_some_and(|major| major >= VERSION_MIN) { settings.clone() } else { json!({}) }
            }
            Ok(Question::Transpile { path, text }) => {
                let transpiled =
                    tokio::task::spawn_blocking(move || transpile(Path::new(&path), &text)).await;
                match transpiled {
                    Ok(Ok(code)) => json!({"code": code}),
                    Ok(Err(error)) => json!({"error": error}),
                    Err(error) => json!({"error": error.to_string()}),
                }
            }
            Ok(Question::Joi) => json!({"code": JOI}),
            Err(error) => json!({"error": error.to_string()}),
        };
        let Ok(frame) = wire::frame(&answer) else { return };
        if socket.write_all(&frame).await.is_err() {
            return;
        }
    }
}
