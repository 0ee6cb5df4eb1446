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
/// Hands every question on to the hooks, when they are there.
const LOADER: &str = "data:text/javascript,const ask=(name)=>(a,b,next)=>{\
    const hooks=globalThis[Symbol.for('segue.hooks')];if(hooks)return hooks[name](a,b,next);return next(a,b)};\
    export const resolve=ask('resolve');export const load=ask('load');";
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
        match self.start_with(needed_by, Loader::Registered).await {
            Err(NotStarted::NeedsLoader) => self.start_with(needed_by, Loader::Option).await,
            started => started,
        }
        .map_err(|error| match error {
            NotStarted::NeedsLoader => TaskError::host("Node.js does not know its own options"),
            NotStarted::Failed(error) => error,
        })
    }
}

/// How modules are made to be loaded by us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loader {
    /// By a call.
    Registered,
    /// By an option, before 18.19.
    Option,
}

enum NotStarted {
    NeedsLoader,
    Failed(TaskError),
}

impl From<TaskError> for NotStarted {
    fn from(error: TaskError) -> Self {
        Self::Failed(error)
    }
}

impl Node {
    async fn start_with(
        &self,
        needed_by: &str,
        loader: Loader,
    ) -> Result<(Arc<Child>, Vec<Plugin>), NotStarted> {
        let failed = |error: std::io::Error| TaskError::host(format!("Node.js cannot be started: {error}"));
        let (frames, frames_theirs) = link::pair().map_err(failed)?;
        let (questions, questions_theirs) = link::pair().map_err(failed)?;
        let mut command = self.command(loader, frames_theirs, questions_theirs).map_err(failed)?;
        let started =
            Child::start(&mut command, frames, &self.reaper, self.asked.clone(), self.options.grace);
        // It holds their ends of the sockets, which must close with the child.
        drop(command);
        let (child, greetings) = started.map_err(|error| self.missing(needed_by, &error))?;
        let (seen, found) = watch::channel(Found::default());
        tokio::spawn(answer_questions(questions, self.settings(loader), loader, seen));
        let greeted = link::greeted(&child, greetings, START_PATIENCE).await;
        let found = *found.borrow();
        match greeted {
            Ok(plugins) => Ok((child, plugins)),
            Err(_) if found.version.is_some_and(|version| version < VERSION_MIN) => {
                Err(self.too_old(needed_by, found.version.unwrap_or_default()).into())
            }
            Err(_) if found.needs_loader && loader == Loader::Registered => Err(NotStarted::NeedsLoader),
            Err(reason) => {
                let node = self.options.node.display();
                Err(TaskError::host(format!("{node} cannot be used: {reason}")).into())
            }
        }
    }

    fn command(&self, loader: Loader, frames: OwnedFd, questions: OwnedFd) -> std::io::Result<Command> {
        let mut command = Command::new(&self.options.node);
        if loader == Loader::Option {
            // Before that, only modules may import where there is a loader.
            let boot = format!(
                "import {{ createRequire }} from 'module'; const require = createRequire('file:///');{BOOT}"
            );
            command.args([
                "--no-warnings",
                "--experimental-loader",
                LOADER,
                "--input-type=module",
                "-e",
                &boot,
            ]);
        } else {
            command.args(["-e", BOOT]);
        }
        command
            .envs(self.options.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.options.working_directory);
        link::hand_over(&mut command, [frames, questions])?;
        Ok(command)
    }

    fn settings(&self, loader: Loader) -> Value {
        let files: serde_json::Map<_, _> =
            FILES.iter().map(|(name, text)| ((*name).into(), json!(text))).collect();
        let path = |path: &Path| self.options.working_directory.join(path).to_string_lossy().into_owned();
        json!({
            "files": files,
            "project": path(&self.options.project),
            "pluginDirectory": path(&self.options.plugin_directory),
            "taskDirectory": path(&self.options.task_directory),
            "config": self.options.config,
            "loader": loader == Loader::Option,
        })
    }

    fn missing(&self, needed_by: &str, error: &std::io::Error) -> TaskError {
        let node = self.options.node.display();
        TaskError::unavailable(format!(
            "{needed_by} needs Node.js {VERSION_MIN} or later, but `{node}` cannot be started: {error}\n{HOW}"
        ))
    }

    fn too_old(&self, needed_by: &str, version: u32) -> TaskError {
        let node = self.options.node.display();
        TaskError::unavailable(format!(
            "{needed_by} needs Node.js {VERSION_MIN} or later, but `{node}` is Node.js {version}\n{HOW}"
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
    Bundle { version: String, hooks: bool },
    Transpile { path: String, text: String },
    Joi,
}

/// What a child says of itself first.
#[derive(Clone, Copy, Default)]
struct Found {
    version: Option<u32>,
    needs_loader: bool,
}

async fn answer_questions(
    mut socket: UnixStream,
    settings: Value,
    loader: Loader,
    seen: watch::Sender<Found>,
) {
    while let Ok(payload) = wire::read(&mut socket).await {
        let answer = match serde_json::from_slice(&payload) {
            Ok(Question::Bundle { version, hooks }) => {
                let version = version.split('.').next().and_then(|major| major.parse().ok());
                let needs_loader = !hooks && loader == Loader::Registered;
                let _ = seen.send(Found { version, needs_loader });
                let is_wanted = !needs_loader && version.is_some_and(|version| version >= VERSION_MIN);
                if is_wanted { settings.clone() } else { json!({}) }
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
