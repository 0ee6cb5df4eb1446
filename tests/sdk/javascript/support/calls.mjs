// The client, and what its calls are tried with.
import * as real from "conductor-javascript-4";
import { id, instant } from "./shape.mjs";
import { startServer, until } from "./server.mjs";

/** The client and its parts, once connected. */
export const sdk = { domains: 0 };

export async function connect() {
  sdk.server = await startServer();
  sdk.client = await real.orkesConductorClient({ serverUrl: `${sdk.server.url}/api` });
  const clients = new real.OrkesClients(sdk.client);
  sdk.executor = clients.getWorkflowClient();
  sdk.metadata = clients.getMetadataClient();
  sdk.tasks = clients.getTaskClient();
  sdk.events = clients.getEventClient();
  sdk.schedules = clients.getSchedulerClient();
  for (const definition of [WAITING, WORKED]) await sdk.metadata.registerWorkflowDef(definition, true);
  await sdk.metadata.registerTask({ name: TYPE, retryCount: 0 });
}

export const NAME = "calls";
export const TYPE = "calls_task";
export const WAITING = { name: NAME, version: 1, tasks: [{ name: "w", taskReferenceName: "w", type: "WAIT" }] };
export const WORKED = {
  name: "calls_worked",
  version: 1,
  tasks: [{ name: TYPE, taskReferenceName: "t", type: "SIMPLE" }],
};

export const WORKFLOW = {
  workflowId: id,
  status: "RUNNING",
  workflowName: NAME,
  createTime: instant,
  input: {},
  tasks: [{ taskId: id }],
};
export const TASK = {
  taskId: id,
  workflowInstanceId: id,
  taskType: TYPE,
  taskDefName: TYPE,
  referenceTaskName: "t",
  status: "IN_PROGRESS",
  inputData: {},
  pollCount: 1,
  retryCount: 0,
  responseTimeoutSeconds: Number,
  startTime: instant,
};
export const SIGNALLED = {
  responseType: "TARGET_WORKFLOW",
  targetWorkflowId: id,
  targetWorkflowStatus: "COMPLETED",
  workflowId: id,
  status: "COMPLETED",
  tasks: [{ taskId: id }],
  output: {},
  createTime: instant,
  updateTime: instant,
};
export const BULK = { bulkErrorResults: {}, bulkSuccessfulResults: [id] };
export const SUMMARY = {
  workflowId: id,
  workflowType: String,
  status: String,
  startTime: String,
  input: String,
  output: String,
};
export const TASK_SUMMARY = {
  taskId: id,
  workflowId: id,
  taskType: TYPE,
  status: String,
  scheduledTime: String,
  input: String,
  output: String,
};

/** An execution that waits. */
export const waiting = (more) => sdk.executor.startWorkflow({ name: NAME, version: 1, input: {}, ...more });
/** One that came to this end. */
export async function over(status = "FAILED") {
  const started = await waiting();
  await sdk.executor.updateTaskByRefName("w", started, status, {});
  return started;
}
/** A task in the hands of a worker, and it alone: each has its own domain. */
export async function polled(domain = `calls-${(sdk.domains += 1)}`) {
  const workflow = await sdk.executor.startWorkflow({
    name: WORKED.name,
    version: 1,
    input: {},
    taskToDomain: { [TYPE]: domain },
  });
  const [task] = await sdk.client.taskResource.batchPoll(TYPE, "js", domain, 1, 1000);
  return { ...task, workflow, domain };
}
export const result = (task, more) => ({
  workflowInstanceId: task.workflow,
  taskId: task.taskId,
  workerId: "js",
  status: "COMPLETED",
  outputData: { n: 1 },
  ...more,
});
export const named = (name) => ({ name, version: 1, tasks: WAITING.tasks, schemaVersion: 2, timeoutSeconds: 0 });

/** A schedule that starts the waiting workflow; once a year if nothing is said. */
export async function scheduled(name, more) {
  const request = { name: NAME, version: 1, input: {} };
  await sdk.schedules.saveSchedule({ name, cronExpression: "0 0 0 1 1 ?", startWorkflowRequest: request, ...more });
  return name;
}

/** A page of results, once there are any: an index may follow a moment later. */
export const found = async (look) => {
  await polled();
  return until(async () => {
    const page = await look();
    return page.totalHits > 0 && page;
  }, "a hit");
};

/** An event handler that starts an execution that waits. */
export const listening = (name, more = {}) => ({
  name,
  event: `conductor:calls:${name}`,
  active: true,
  condition: "$.n > 0",
  actions: [{ action: "start_workflow", start_workflow: { name: NAME, version: 1, input: { n: "${n}" } } }],
  ...more,
});
