//! `segue task`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use crate::api::segment;
use crate::error::Result;
use crate::input;
use crate::print;

/// Complete or fail a task by hand: a signal, or a worker's result.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  segue task complete 0193a7b2-4c1d-7abc-9def-1a2b00000000/approve --output '{\"ok\": true}'
  segue task fail 0193a7b2-4c1d-7abc-9def-1a2b00000003 --reason 'no such customer'")]
pub(crate) enum Command {
    /// Complete a task.
    Complete(Args),
    /// Fail a task; its retry rules apply.
    Fail(Args),
}

/// Which task, and with what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A task id, or EXECUTION/REFERENCE.
    task: String,
    /// Output: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON")]
    output: Option<String>,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<()> {
    let (args, status) = match command {
        Command::Complete(args) => (args, "COMPLETED"),
        Command::Fail(args) => (args, "FAILED"),
    };
    let output = Value::Object(input::object(args.output.as_deref())?);
    let id = match args.task.split_once('/') {
        Some((execution, reference)) if args.reason.is_none() => {
            let path = format!("/tasks/{}/{}/{status}", segment(execution), segment(reference));
            context.api.post(&path, &output).await?
        }
        Some((execution, reference)) => {
            let workflow = context.api.get(&format!("/workflow/{}", segment(execution))).await?;
            let tasks = workflow.get("tasks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice).iter();
            let open = tasks.rev().find(|task| print::field(task, "referenceTaskName") == reference);
            let task = open.map(|task| print::field(task, "taskId")).unwrap_or_default();
            report(context, execution, &task, status, output, args.reason).await?
        }
        None => {
            let task = context.api.get(&format!("/tasks/{}", segment(&args.task))).await?;
            let execution = print::field(&task, "workflowInstanceId");
            report(context, &execution, &args.task, status, output, args.reason).await?
        }
    };
    if context.json {
        print::json(&json!({"taskId": id, "status": status}));
    } else {
        print::line(format!("{status} {}", id.as_str().unwrap_or(&args.task)));
    }
    Ok(())
}

async fn report(
    context: &Context,
    execution: &str,
    task: &str,
    status: &str,
    output: Value,
    reason: Option<String>,
) -> Result<Value> {
    let result = json!({"workflowInstanceId": execution, "taskId": task, "status": status,
        "outputData": output, "reasonForIncompletion": reason});
    context.api.post("/tasks", &result).await
}
