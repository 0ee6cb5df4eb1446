//! What extensions and plugins of each type can do for the engine.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Host;
use super::attempt::{TaskError, Workflow};
use super::extensions::Extensions;

/// A command that a plugin adds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginCommand {
    /// Its name.
    pub name: String,
    /// What it does.
    #[serde(default)]
    pub description: String,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What follows it.
    #[serde(default)]
    pub arguments: Vec<PluginArgument>,
    /// What may follow it by name.
    #[serde(default)]
    pub options: Vec<PluginOption>,
    /// Commands below it.
    #[serde(default)]
    pub commands: Vec<PluginCommand>,
}

/// An argument of a plugin's command.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct PluginArgument {
    pub name: String,
    pub is_required: bool,
    /// Whether it takes all that is left.
    pub is_variadic: bool,
    pub description: Option<String>,
}

/// An option of a plugin's command.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)]
pub struct PluginOption {
    /// As it is written: `-n, --name <text>`.
    pub flags: String,
    pub description: Option<String>,
}

impl Host {
    fn extensions(&self) -> &Extensions {
        &self.shared.options.extensions
    }

    /// Lets hooks see a workflow before it runs, and replace it. An error is the workflow's.
    pub async fn before_workflow(&self, workflow: &Workflow) -> Result<Option<Value>, TaskError> {
        let mut replaced = None;
        for hook in &self.extensions().workflow_hooks {
            replaced = hook.before(workflow).await?.or(replaced);
        }
        let given = [json!({"workflow": replaced.clone().unwrap_or_else(|| json!(workflow))})];
        let by_plugin = self.call("pre-run-workflow", "execute", &given).await?;
        self.call("pre-workflow-run", "execute", &given).await?;
        Ok(by_plugin.filter(Value::is_object).or(replaced))
    }

    /// Shows hooks a workflow that has ended.
    pub async fn after_workflow(
        &self,
        workflow: &Workflow,
        result: Option<&Value>,
        error: Option<&str>,
    ) -> Result<(), TaskError> {
        for hook in &self.extensions().workflow_hooks {
            hook.after(workflow, result, error).await;
        }
        let given = [json!({"workflow": workflow, "result": result, "error": error})];
        self.call("post-run-workflow", "execute", &given).await.map(drop)
    }

    /// Runs a script in an engine that was added. Absent if none takes the language.
    pub async fn evaluate(
        &self,
        language: &str,
        script: &str,
        input: &Value,
    ) -> Result<Option<Value>, TaskError> {
        if let Some(engine) = self.extensions().script_engines.iter().find(|engine| engine.supports(language))
        {
            return engine.run(script, input).await.map(Some);
        }
        let given = [json!(script), json!({"input": input}), json!(language)];
        let answer = self.call("script-engine", "run", &given).await?;
        Ok(answer.map(|answer| answer.get("value").cloned().unwrap_or_default()))
    }

    /// An id below that of its parent. Absent if nothing was added that makes ids.
    pub async fn generate_id(&self, parent: Option<&str>) -> Result<Option<String>, TaskError> {
        if let Some(generator) = &self.extensions().id_generator {
            return Ok(Some(generator.generate(parent)));
        }
        let id = self.call("id-generator", "generateId", &[json!(parent)]).await?;
        Ok(id.and_then(|id| id.as_str().map(str::to_owned)))
    }

    /// A workflow or its input as it is read from what the user gave. Absent if nobody has a form of his own for it.
    pub async fn read_input(&self, raw: &str) -> Result<Option<Value>, TaskError> {
        for reader in &self.extensions().input_readers {
            if let Some(value) = reader.read(raw).await? {
                return Ok(Some(value));
            }
        }
        self.call("input-parameter", "read", &[json!(raw)]).await
    }

    /// Gives a line to the loggers and transports of plugins.
    pub async fn log(&self, level: &str, message: &str) -> Result<(), TaskError> {
        for kind in ["logger", "log-transport"] {
            self.call(kind, "line", &[json!(level), json!(message)]).await?;
        }
        Ok(())
    }

    /// The commands that plugins add.
    pub async fn commands(&self) -> Result<Vec<PluginCommand>, TaskError> {
        let commands = self.call("command", "list", &[]).await?.unwrap_or_else(|| json!([]));
        serde_json::from_value(commands).map_err(|error| TaskError::host(error.to_string()))
    }

    /// Runs a command line of a plugin, its name and what follows.
    pub async fn run_command(&self, words: &[String]) -> Result<Option<Value>, TaskError> {
        self.call("command", "run", &[json!(words)]).await
    }
}
