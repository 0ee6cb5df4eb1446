//! Conductor's Rust SDK, unmodified, against a Segue server.

mod server;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use conductor::client::ConductorClient;
use conductor::configuration::Configuration;
use conductor::models::{
    EmbeddedTaskDef, StartWorkflowRequest, Task, TaskStatus, Workflow, WorkflowDef, WorkflowStatus,
    WorkflowTask,
};
use conductor::worker::{FnWorker, TaskHandler, WorkerOutput};
use serde_json::json;
use server::Server;

const DEADLINE: Duration = Duration::from_secs(60);

fn connect(server: &Server) -> (Configuration, ConductorClient) {
    let configuration = Configuration::new(&server.api);
    let client = ConductorClient::new(configuration.clone()).expect("a client");
    (configuration, client)
}

/// Registers `definition`, starts it and gives the id of the execution.
async fn start(client: &ConductorClient, definition: &WorkflowDef, input: &[(&str, &str)]) -> String {
    client
        .metadata_client()
        .register_or_update_workflow_def(definition, true)
        .await
        .expect("it is registered");
    let request = input.iter().fold(
        StartWorkflowRequest::new(&definition.name).with_version(definition.version),
        |request, (name, value)| request.with_input_value(*name, value),
    );
    client.workflow_client().start_workflow(&request).await.expect("it starts")
}

/// The execution, as soon as `wanted` holds.
async fn once(client: &ConductorClient, id: &str, wanted: impl Fn(&Workflow) -> bool) -> Workflow {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let found = client.workflow_client().get_workflow(id, true).await.expect("the execution");
        if wanted(&found) {
            return found;
        }
        assert!(Instant::now() < deadline, "not in time: {found:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn ended(workflow: &Workflow) -> bool {
    !matches!(workflow.status, WorkflowStatus::Running | WorkflowStatus::Paused)
}

fn no_retry(name: &str) -> EmbeddedTaskDef {
    EmbeddedTaskDef::new(name).with_retry_count(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_complete_fail_and_defer_their_tasks() {
    let server = Server::start();
    let (configuration, client) = connect(&server);
    let mut handler = TaskHandler::new(configuration).expect("a handler");
    handler.add_worker(
        FnWorker::new("greet", |task: Task| async move {
            let name = task.get_input_string("name").unwrap_or_default();
            Ok(WorkerOutput::completed_with_result(format!("Hello {name}")))
        })
        .with_poll_interval_millis(20)
        .with_thread_count(2),
    );
    handler.add_worker(
        FnWorker::new("charge", |_| async { Ok(WorkerOutput::failed("the bank is busy")) })
            .with_poll_interval_millis(20),
    );
    handler.add_worker(
        FnWorker::new("brew", |_| async { Ok(WorkerOutput::in_progress(60)) }).with_poll_interval_millis(20),
    );
    handler.start().await.expect("the workers start");

    let greeting = WorkflowDef::new("rust_greeting")
        .with_version(1)
        .with_task(WorkflowTask::simple("greet", "first").with_input_param("name", "${workflow.input.name}"))
        .with_task(WorkflowTask::simple("greet", "second").with_input_param("name", "${first.output.result}"))
        .with_output_param("said", "${second.output.result}");
    let id = start(&client, &greeting, &[("name", "Ada")]).await;
    let workflow = once(&client, &id, ended).await;
    assert_eq!(workflow.status, WorkflowStatus::Completed);
    assert_eq!(workflow.output, HashMap::from([("said".to_owned(), json!("Hello Hello Ada"))]));

    let charging = WorkflowDef::new("rust_charging")
        .with_version(1)
        .with_task(WorkflowTask::simple("charge", "charge").with_task_definition(no_retry("charge")));
    let id = start(&client, &charging, &[]).await;
    let workflow = once(&client, &id, ended).await;
    assert_eq!(workflow.status, WorkflowStatus::Failed);
    assert_eq!(workflow.tasks[0].reason_for_incompletion.as_deref(), Some("the bank is busy"));

    let brewing =
        WorkflowDef::new("rust_brewing").with_version(1).with_task(WorkflowTask::simple("brew", "brew"));
    let id = start(&client, &brewing, &[]).await;
    let deferred = |found: &Workflow| {
        found.tasks.first().is_some_and(|task| task.status == TaskStatus::Scheduled && task.poll_count > 0)
    };
    let workflow = once(&client, &id, deferred).await;
    assert_eq!(workflow.tasks[0].callback_after_seconds, 60);
    handler.stop().await.expect("the workers stop");
    let early = client.task_client().poll_task("brew", Some("another"), None).await.expect("a poll");
    assert!(early.is_none(), "it was handed out before its time: {early:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn executions_are_steered_and_tasks_are_logged() {
    let server = Server::start();
    let (_, client) = connect(&server);
    let (workflows, tasks) = (client.workflow_client(), client.task_client());
    let asking = WorkflowDef::new("rust_asking").with_version(1).with_task(WorkflowTask::human("ask"));
    let id = start(&client, &asking, &[]).await;

    let task = once(&client, &id, |found| !found.tasks.is_empty()).await.tasks.remove(0);
    tasks.add_task_log(&task.task_id, "asked \"Ada\"").await.expect("it is logged");
    let logs = tasks.get_task_logs(&task.task_id).await.expect("the logs");
    assert_eq!(logs.iter().map(|line| line.log.as_str()).collect::<Vec<_>>(), ["asked \"Ada\""]);

    workflows.pause_workflow(&id).await.expect("it pauses");
    once(&client, &id, |found| found.status == WorkflowStatus::Paused).await;
    workflows.resume_workflow(&id).await.expect("it resumes");
    once(&client, &id, |found| found.status == WorkflowStatus::Running).await;
    workflows.terminate_workflow(&id, Some("ordered twice"), false).await.expect("it is terminated");
    let workflow = once(&client, &id, ended).await;
    assert_eq!(workflow.status, WorkflowStatus::Terminated);
    assert_eq!(workflow.reason_for_incompletion.as_deref(), Some("ordered twice"));
}
