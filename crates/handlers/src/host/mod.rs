//! The script host: handlers and plugins of a project, in whatever language they are.
//!
//! JavaScript and TypeScript run in one long-lived Node.js per project, Python in one long-lived interpreter, anything
//! else as a process of its own. A handler is trusted like any program that its user starts; what the host bounds is
//! time: an attempt is aborted at its deadline and, if it does not end, its process is killed with all that it started.
//! Other attempts of that process are begun again, and nobody is told. A process that dies by itself fails what ran in
//! it, and the next attempt starts another.

mod attempt;
mod calls;
mod child;
mod describe;
mod executable;
pub mod extensions;
mod link;
mod locate;
mod node;
mod options;
mod package;
mod plugins;
mod python;
mod reaper;
mod reference;
mod room;
mod switchboard;
mod transpile;
mod wire;

use std::path::Path;
use std::sync::{Arc, OnceLock, Weak};

use serde_json::{Value, json};
use tokio::time::timeout_at;

pub use attempt::{Attempt, LogLine, Outcome, TaskError, Workflow};
pub use calls::{PluginArgument, PluginCommand, PluginOption};
pub use describe::{About, HandlerDescription, TaskDescription};
pub use locate::{Language, Location};
pub use options::{HostOptions, Surroundings};
pub use plugins::{Plugin, TASK_INVOKER};
pub use transpile::transpile;

use child::Asked;
use locate::locate;
use node::Node;
use python::Python;
use reaper::Reaper;
use room::Room;
use switchboard::Switchboard;

/// Runs the handlers of a project. Clones share its processes, which end with [`Host::stop`] or with the last clone.
#[derive(Clone)]
pub struct Host {
    shared: Arc<Shared>,
}

struct Shared {
    options: Arc<HostOptions>,
    node: Room,
    python: Room,
    reaper: Arc<Reaper>,
    plugins: OnceLock<Arc<[Plugin]>>,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

impl Host {
    /// Sets a host up. A process is started now only if there are plugins, which are loaded.
    pub async fn start(options: HostOptions) -> Result<Self, TaskError> {
        let options = Arc::new(options);
        let shared = Arc::new_cyclic(|shared: &Weak<Shared>| {
            let reaper = Arc::new(Reaper::default());
            let asked: Arc<dyn Asked> =
                Arc::new(Switchboard { options: options.clone(), shared: shared.clone() });
            let node = Node { options: options.clone(), reaper: reaper.clone(), asked: asked.clone() };
            let python = Python { options: options.clone(), reaper: reaper.clone(), asked };
            let [node, python] = [Room::new(Box::new(node)), Room::new(Box::new(python))];
            Shared { options, node, python, reaper, plugins: OnceLock::new() }
        });
        let host = Self { shared };
        if node::has_scripts(&host.shared.options.plugin_directory()) {
            let plugins = host.shared.node.plugins("A plugin of the project").await?;
            for plugin in plugins.iter() {
                if let Some(why) = plugin.unsupported() {
                    let message = format!("plugin {} ({}) is not used: {why}", plugin.name, plugin.kind);
                    host.shared.options.surroundings.log(&LogLine {
                        attempt: None,
                        level: "warn".to_owned(),
                        message,
                    });
                }
            }
            let _ = host.shared.plugins.set(plugins);
        }
        Ok(host)
    }

    /// Finds the code of a handler for a workflow whose file is in `directory`. The error says where it was looked for.
    pub fn locate(&self, handler: &str, directory: Option<&Path>) -> Result<Location, TaskError> {
        self.shared.locate(handler, directory)
    }

    /// Starts what handlers will need, so that it is there when the first of them runs.
    pub fn warm(&self, handlers: &[String], directory: Option<&Path>) {
        let found: Vec<_> =
            handlers.iter().filter_map(|handler| self.locate(handler, directory).ok()).collect();
        for language in [Language::JavaScript, Language::Python] {
            if found.iter().any(|location| location.language == language) {
                let shared = self.shared.clone();
                // Whoever runs the first handler will hear of an error.
                tokio::spawn(async move { shared.room(language).plugins("a handler").await.map(drop) });
            }
        }
    }

    /// Runs an attempt to its end. Dropping the future aborts it.
    pub async fn run(&self, attempt: Attempt) -> Outcome {
        if reference::is_inner(&attempt.handler) {
            return self.shared.run_here(&Arc::new(attempt)).await;
        }
        self.shared.options.extensions.run(attempt, &self.shared).await
    }

    /// The plugins of the project, the highest priority first.
    pub fn plugins(&self) -> &[Plugin] {
        self.shared.plugins()
    }

    /// Whether a plugin or an extension runs tasks, so that any handler may mean something to it.
    pub fn has_task_invoker(&self) -> bool {
        !self.shared.options.extensions.task_invokers.is_empty()
            || self.plugins().iter().any(|plugin| plugin.kind == TASK_INVOKER)
    }

    /// Whether plugins must see every task, so that all of them, system tasks included, have to come here.
    pub fn sees_every_task(&self) -> bool {
        self.shared.options.extensions.see_every_task() || self.plugins().iter().any(Plugin::sees_every_task)
    }

    /// Calls a method of the plugins of a type, one after the other; each gets what the one before returned as one
    /// more argument, and the last result counts. Absent if there is no such plugin, or if nothing was returned.
    pub async fn call(
        &self,
        kind: &str,
        method: &str,
        arguments: &[Value],
    ) -> Result<Option<Value>, TaskError> {
        if !self.plugins().iter().any(|plugin| plugin.kind == kind) {
            return Ok(None);
        }
        self.shared.node.call(kind, method, arguments).await
    }

    /// Ends all processes, after plugins were unloaded. What still runs fails; another attempt starts them again.
    pub async fn stop(&self) {
        tokio::join!(self.shared.node.stop(), self.shared.python.stop());
    }
}

impl Shared {
    fn plugins(&self) -> &[Plugin] {
        self.plugins.get().map_or(&[], |plugins| plugins)
    }

    async fn run_with_plugins(&self, attempt: &Arc<Attempt>) -> Outcome {
        if self.plugins().iter().any(Plugin::decides_how_tasks_run) {
            return self.node.run(attempt, &payload(attempt, None)).await;
        }
        self.run_here(attempt).await
    }

    /// Runs an attempt where its handler is, without asking plugins.
    async fn run_here(&self, attempt: &Arc<Attempt>) -> Outcome {
        let location = match self.locate(&attempt.handler, attempt.directory.as_deref()) {
            Ok(location) => location,
            Err(error) => return Outcome::failed(error),
        };
        match location.language {
            Language::System => self.run_system_task(&location, attempt).await,
            language @ (Language::JavaScript | Language::Python) => {
                self.room(language).run(attempt, &payload(attempt, Some(&location))).await
            }
            Language::Executable => {
                executable::run(&location.path, attempt, &self.options, &self.reaper).await
            }
        }
    }

    fn room(&self, language: Language) -> &Room {
        if language == Language::Python { &self.python } else { &self.node }
    }

    fn locate(&self, handler: &str, directory: Option<&Path>) -> Result<Location, TaskError> {
        let resolvers = &self.options.extensions.location_resolvers;
        match resolvers.iter().find_map(|resolver| resolver.resolve(handler)) {
            Some(path) => locate(&path.to_string_lossy(), directory, &self.options),
            None => locate(handler, directory, &self.options),
        }
    }

    async fn run_system_task(&self, location: &Location, attempt: &Attempt) -> Outcome {
        let name = location.path.to_string_lossy();
        let running = self.options.surroundings.system_task(&name, attempt.input.clone(), attempt);
        match attempt.deadline {
            None => Outcome::of_system_task(running.await),
            Some(deadline) => match timeout_at(deadline, running).await {
                Ok(answer) => Outcome::of_system_task(answer),
                Err(_) => Outcome::failed(room::timed_out(attempt)),
            },
        }
    }
}

/// An attempt as children get it.
fn payload(attempt: &Attempt, location: Option<&Location>) -> Value {
    json!({
        "id": attempt.id,
        "handler": attempt.handler,
        "input": attempt.input,
        "runtimeName": attempt.runtime_name,
        "retries": attempt.retries,
        "retry": attempt.retry,
        "isLast": attempt.is_last,
        "workflow": attempt.workflow,
        "location": location,
    })
}
