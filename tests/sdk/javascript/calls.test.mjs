// Every call of the client that the open-source server has, once, with the shape of the decoded reply.
import { after, before, describe, mock, test } from "node:test";
import {
  connect,
  sdk,
  NAME,
  TYPE,
  WAITING,
  WORKED,
  WORKFLOW,
  TASK,
  SIGNALLED,
  BULK,
  SUMMARY,
  TASK_SUMMARY,
  waiting,
  over,
  polled,
  result,
  named,
  listening,
  found,
  scheduled,
} from "./support/calls.mjs";
import { assertShape, id, instant, nothing } from "./support/shape.mjs";
import { until } from "./support/server.mjs";

/** By the name of the call: what it gives, and the shape of that. A third entry says what is missing for it: it may fail. */
const CALLS = {
  // Workers.
  "taskResource.batchPoll": [
    async () => sdk.client.taskResource.batchPoll(TYPE, "js", "nobody", 1, 0),
    (list) => Array.isArray(list) && list.length === 0,
  ],
  "taskResource.poll": [
    async () => {
      const { domain } = await polled();
      await sdk.executor.startWorkflow({ name: WORKED.name, version: 1, taskToDomain: { [TYPE]: domain } });
      return sdk.client.taskResource.poll(TYPE, "js", domain);
    },
    { ...TASK, workerId: "js" },
  ],
  "taskResource.updateTask1": [async () => sdk.client.taskResource.updateTask1(result(await polled())), id],
  "taskResource.updateTask": [
    async () => sdk.client.taskResource.updateTask(await waiting(), "w", "COMPLETED", { n: 1 }),
    id,
  ],
  "taskResource.updateTaskSync": [
    async () => sdk.client.taskResource.updateTaskSync(await waiting(), "w", "COMPLETED", { n: 1 }),
    { workflowId: id, status: "COMPLETED", output: { n: 1 } },
  ],
  "taskResource.signal": [
    async () => sdk.client.taskResource.signal(await waiting(), "COMPLETED", { n: 1 }),
    SIGNALLED,
  ],
  // The client makes a stream of a reply without a type; its executor throws that away.
  "taskResource.signalAsync": [
    async () => sdk.client.taskResource.signalAsync(await waiting(), "COMPLETED", {}),
    Object,
  ],
  "taskResource.getTask": [async () => sdk.client.taskResource.getTask((await polled()).taskId), TASK],
  "taskResource.log and getTaskLogs": [
    async () => {
      const { taskId } = await polled();
      await sdk.client.taskResource.log(taskId, 'said "so"');
      return sdk.client.taskResource.getTaskLogs(taskId);
    },
    [{ log: 'said "so"', taskId: id, createdTime: instant }],
  ],
  "taskResource.size1": [
    async () => sdk.client.taskResource.size1([TYPE, "calls_none"]),
    { [TYPE]: Number, calls_none: 0 },
  ],
  "taskResource.all": [async () => (await waiting(), sdk.client.taskResource.all()), (map) => typeof map === "object"],
  "taskResource.allVerbose": [async () => sdk.client.taskResource.allVerbose(), (map) => typeof map === "object"],
  "taskResource.getPollData": [
    async () => (await polled(), sdk.client.taskResource.getPollData(TYPE)),
    [{ queueName: TYPE, workerId: "js", lastPollTime: instant }],
  ],
  "taskResource.getAllPollData": [
    async () => (await polled(), sdk.client.taskResource.getAllPollData()),
    [{ queueName: String, lastPollTime: instant }],
  ],
  "taskResource.requeuePendingTask": [
    async () => sdk.client.taskResource.requeuePendingTask(TYPE),
    (count) => /^\d+$/.test(String(count)),
  ],
  "taskResource.search": [
    async () => found(() => sdk.client.taskResource.search(0, 10, "", "*", `taskType=${TYPE}`)),
    { totalHits: Number, results: [TASK_SUMMARY] },
  ],
  "taskResource.searchV22": [
    async () => found(() => sdk.client.taskResource.searchV22(0, 10, "", "*", `taskType=${TYPE}`)),
    { totalHits: Number, results: [{ taskId: id, inputData: {} }] },
  ],
  "TaskClient.search": [
    async () => found(() => sdk.tasks.search(0, 10, "", "*", `taskType=${TYPE}`)),
    { totalHits: Number, results: [TASK_SUMMARY] },
  ],
  "TaskClient.getTask": [async () => sdk.tasks.getTask((await polled()).taskId), TASK],
  "TaskClient.updateTaskResult": [
    async () => sdk.tasks.updateTaskResult(await waiting(), "w", "COMPLETED", { n: 1 }),
    id,
  ],
  "TaskClient.updateTaskSync": [
    async () => sdk.tasks.updateTaskSync(await waiting(), "w", "COMPLETED", { n: 1 }, "js"),
    { status: "COMPLETED", output: { n: 1 } },
  ],
  "TaskClient.addTaskLog": [async () => sdk.tasks.addTaskLog((await polled()).taskId, "a line"), nothing],
  "TaskClient.getTaskLogs": [
    async () => sdk.tasks.getTaskLogs((await polled()).taskId),
    (logs) => Array.isArray(logs) && logs.length === 0,
  ],
  "TaskClient.getQueueSizeForTask": [async () => sdk.tasks.getQueueSizeForTask([TYPE]), { [TYPE]: Number }],
  "TaskClient.getTaskPollData": [
    async () => (await polled(), sdk.tasks.getTaskPollData(TYPE)),
    [{ queueName: TYPE, lastPollTime: instant }],
  ],

  // Executions.
  "WorkflowExecutor.registerWorkflow": [
    async () => sdk.executor.registerWorkflow(true, named("calls_registered")),
    nothing,
  ],
  "WorkflowExecutor.startWorkflow": [async () => waiting({ correlationId: "c" }), id],
  "WorkflowExecutor.startWorkflows": [
    async () => Promise.all(sdk.executor.startWorkflows([{ name: NAME, version: 1 }, { name: NAME }])),
    [id],
  ],
  "WorkflowExecutor.startWorkflowByName": [async () => sdk.executor.startWorkflowByName(NAME, { n: 1 }, 1, "c", 3), id],
  "WorkflowExecutor.executeWorkflow": [
    async () => sdk.executor.executeWorkflow({ name: NAME, version: 1, input: {} }, NAME, 1, "request-1"),
    { ...SIGNALLED, status: "RUNNING", targetWorkflowStatus: "RUNNING", requestId: "request-1" },
  ],
  "WorkflowExecutor.executeWorkflow with a strategy": [
    async () =>
      sdk.executor.executeWorkflow(
        { name: NAME, version: 1, input: {} },
        NAME,
        1,
        "request-2",
        "",
        1,
        "DURABLE",
        "BLOCKING_TASK",
      ),
    { responseType: "BLOCKING_TASK", taskId: id, taskType: "WAIT", referenceTaskName: "w", status: "IN_PROGRESS" },
  ],
  "WorkflowExecutor.getWorkflow": [async () => sdk.executor.getWorkflow(await waiting(), true), WORKFLOW],
  "WorkflowExecutor.getExecution": [async () => sdk.executor.getExecution(await waiting()), WORKFLOW],
  "WorkflowExecutor.getWorkflowStatus": [
    async () => sdk.executor.getWorkflowStatus(await over("COMPLETED"), true, true),
    { workflowId: id, status: "COMPLETED", output: {}, variables: {} },
  ],
  "WorkflowExecutor.pause": [async () => sdk.executor.pause(await waiting()), nothing],
  "WorkflowExecutor.resume": [
    async () => {
      const started = await waiting();
      await sdk.executor.pause(started);
      return sdk.executor.resume(started);
    },
    nothing,
  ],
  "WorkflowExecutor.restart": [async () => sdk.executor.restart(await over(), true), nothing],
  "WorkflowExecutor.retry": [async () => sdk.executor.retry(await over(), false), nothing],
  "WorkflowExecutor.reRun": [async () => sdk.executor.reRun(await over()), id],
  "WorkflowExecutor.goBackToTask": [
    async () => sdk.executor.goBackToTask(await over(), (task) => task.referenceTaskName === "w"),
    nothing,
  ],
  "WorkflowExecutor.goBackToFirstTaskMatchingType": [
    async () => sdk.executor.goBackToFirstTaskMatchingType(await over("COMPLETED"), "WAIT"),
    nothing,
  ],
  "WorkflowExecutor.skipTasksFromWorkflow": [
    async () => {
      const tasks = [...WAITING.tasks, { name: "v", taskReferenceName: "v", type: "WAIT" }];
      const started = await sdk.executor.startWorkflow({
        name: "calls_two",
        version: 1,
        workflowDef: { name: "calls_two", version: 1, tasks },
      });
      return sdk.executor.skipTasksFromWorkflow(started, "v", { taskInput: {}, taskOutput: { n: 1 } });
    },
    nothing,
  ],
  "WorkflowExecutor.terminate": [async () => sdk.executor.terminate(await waiting(), "enough"), nothing],
  "WorkflowExecutor.deleteWorkflow": [async () => sdk.executor.deleteWorkflow(await over(), true), nothing],
  "WorkflowExecutor.search": [
    async () => found(() => sdk.executor.search(0, 10, `workflowType=${NAME}`, "*", "", true)),
    { totalHits: Number, results: [SUMMARY] },
  ],
  "WorkflowExecutor.testWorkflow": [
    async () =>
      sdk.executor.testWorkflow({
        name: WORKED.name,
        version: 1,
        taskRefToMockOutput: { t: [{ status: "COMPLETED", output: { n: 1 } }] },
      }),
    { status: "COMPLETED", output: { n: 1 }, tasks: [{ referenceTaskName: "t", status: "COMPLETED" }] },
  ],
  "WorkflowExecutor.updateTask": [
    async () => {
      const task = await polled();
      return sdk.executor.updateTask(task.taskId, task.workflow, "COMPLETED", { n: 1 });
    },
    id,
  ],
  "WorkflowExecutor.updateTaskByRefName": [
    async () => sdk.executor.updateTaskByRefName("w", await waiting(), "COMPLETED", { n: 1 }),
    id,
  ],
  "WorkflowExecutor.updateTaskSync": [
    async () => sdk.executor.updateTaskSync("w", await waiting(), "COMPLETED", { n: 1 }),
    { workflowId: id, status: "COMPLETED" },
  ],
  "WorkflowExecutor.getTask": [async () => sdk.executor.getTask((await polled()).taskId), TASK],
  "WorkflowExecutor.signal": [async () => sdk.executor.signal(await waiting(), "COMPLETED", { n: 1 }), SIGNALLED],
  "WorkflowExecutor.signalAsync": [async () => sdk.executor.signalAsync(await waiting(), "COMPLETED", {}), nothing],
  "workflowResource.getWorkflows": [
    async () => {
      await waiting({ correlationId: "both" });
      return until(async () => {
        const map = await sdk.client.workflowResource.getWorkflows(NAME, ["both"], true, true);
        return map.both && map;
      }, "correlated");
    },
    { both: [{ workflowId: id, correlationId: "both" }] },
  ],
  "workflowResource.getWorkflows1": [
    async () => {
      await waiting({ correlationId: "one" });
      return until(async () => {
        const list = await sdk.client.workflowResource.getWorkflows1(NAME, "one");
        return list.length && list;
      }, "correlated");
    },
    [{ workflowId: id, correlationId: "one" }],
  ],
  "workflowResource.getRunningWorkflow": [
    async () => {
      await waiting();
      return until(async () => {
        const list = await sdk.client.workflowResource.getRunningWorkflow(NAME, 1);
        return list.length && list;
      }, "running");
    },
    [id],
  ],
  "workflowResource.decide": [async () => sdk.client.workflowResource.decide(await waiting()), nothing],
  "workflowResource.resetWorkflow": [async () => sdk.client.workflowResource.resetWorkflow(await waiting()), nothing],
  "workflowResource.searchV21": [
    async () => found(() => sdk.client.workflowResource.searchV21(0, 10, "", "*", `workflowType=${NAME}`)),
    { totalHits: Number, results: [{ workflowId: id, createTime: instant }] },
  ],
  "workflowResource.searchWorkflowsByTasks": [
    async () => found(() => sdk.client.workflowResource.searchWorkflowsByTasks(0, 10, "", "*", `taskType=${TYPE}`)),
    { totalHits: Number, results: [SUMMARY] },
  ],
  "workflowResource.searchWorkflowsByTasksV2": [
    async () => found(() => sdk.client.workflowResource.searchWorkflowsByTasksV2(0, 10, "", "*", `taskType=${TYPE}`)),
    { totalHits: Number, results: [{ workflowId: id }] },
  ],
  "workflowBulkResource.pauseWorkflow1": [
    async () => sdk.client.workflowBulkResource.pauseWorkflow1([await waiting()]),
    BULK,
  ],
  "workflowBulkResource.resumeWorkflow": [
    async () => {
      const started = await waiting();
      await sdk.executor.pause(started);
      return sdk.client.workflowBulkResource.resumeWorkflow([started]);
    },
    BULK,
  ],
  "workflowBulkResource.restart": [async () => sdk.client.workflowBulkResource.restart([await over()]), BULK],
  "workflowBulkResource.retry": [async () => sdk.client.workflowBulkResource.retry([await over()]), BULK],
  "workflowBulkResource.terminate": [
    async () => sdk.client.workflowBulkResource.terminate([await waiting()], "enough"),
    BULK,
  ],

  // Definitions.
  "MetadataClient.registerTask": [async () => sdk.metadata.registerTask({ name: "calls_def", retryCount: 1 }), nothing],
  "MetadataClient.registerTasks": [
    async () => sdk.metadata.registerTasks([{ name: "calls_def" }, { name: "calls_def_2" }]),
    nothing,
  ],
  "MetadataClient.updateTask": [async () => sdk.metadata.updateTask({ name: "calls_new_def", retryCount: 2 }), nothing],
  "MetadataClient.getTask": [
    async () => {
      await sdk.metadata.registerTask({ name: "calls_got", retryCount: 7, inputKeys: ["a"] });
      return sdk.metadata.getTask("calls_got");
    },
    {
      name: "calls_got",
      retryCount: 7,
      inputKeys: [String],
      timeoutPolicy: "TIME_OUT_WF",
      responseTimeoutSeconds: 3600,
    },
  ],
  "MetadataClient.getAllTaskDefs": [async () => sdk.metadata.getAllTaskDefs(), [{ name: String }]],
  "MetadataClient.unregisterTask": [
    async () => {
      await sdk.metadata.registerTask({ name: "calls_gone" });
      return sdk.metadata.unregisterTask("calls_gone");
    },
    nothing,
  ],
  "MetadataClient.registerWorkflowDef": [
    async () => sdk.metadata.registerWorkflowDef(named("calls_def"), true),
    nothing,
  ],
  "MetadataClient.getWorkflowDef": [
    async () => sdk.metadata.getWorkflowDef(NAME, 1),
    { name: NAME, version: 1, schemaVersion: 2, tasks: [{ type: "WAIT" }] },
  ],
  "MetadataClient.getAllWorkflowDefs": [
    async () => sdk.metadata.getAllWorkflowDefs(),
    [{ name: String, version: Number }],
  ],
  "MetadataClient.unregisterWorkflow": [
    async () => {
      await sdk.metadata.registerWorkflowDef(named("calls_gone"), true);
      return sdk.metadata.unregisterWorkflow("calls_gone", 1);
    },
    nothing,
  ],

  // Event handlers.
  "EventClient.addEventHandler": [async () => sdk.events.addEventHandler(listening("added")), nothing],
  "EventClient.addEventHandlers": [async () => sdk.events.addEventHandlers([listening("a"), listening("b")]), nothing],
  "EventClient.updateEventHandler": [
    async () => {
      await sdk.events.addEventHandler(listening("updated"));
      return sdk.events.updateEventHandler(listening("updated", { active: false }));
    },
    nothing,
  ],
  "EventClient.getAllEventHandlers": [
    async () => {
      await sdk.events.addEventHandler(listening("listed"));
      return sdk.events.getAllEventHandlers();
    },
    [{ name: String, event: String, actions: [{ action: "start_workflow" }] }],
  ],
  "EventClient.getEventHandlerByName": [
    async () => {
      await sdk.events.addEventHandler(listening("named"));
      return sdk.events.getEventHandlerByName("named");
    },
    { name: "named", active: true, condition: "$.n > 0" },
  ],
  "EventClient.getEventHandlersForEvent": [
    async () => {
      await sdk.events.addEventHandler(listening("heard"));
      return sdk.events.getEventHandlersForEvent("conductor:calls:heard", true);
    },
    [{ name: "heard", event: "conductor:calls:heard" }],
  ],
  "EventClient.removeEventHandler": [
    async () => {
      await sdk.events.addEventHandler(listening("removed"));
      return sdk.events.removeEventHandler("removed");
    },
    nothing,
  ],

  // Schedules.
  "SchedulerClient.saveSchedule": [async () => scheduled("calls_saved"), "calls_saved"],
  "SchedulerClient.getSchedule": [
    async () => sdk.schedules.getSchedule(await scheduled("calls_got", { zoneId: "Europe/Berlin" })),
    {
      name: "calls_got",
      cronExpression: "0 0 0 1 1 ?",
      zoneId: "Europe/Berlin",
      paused: false,
      createTime: instant,
      startWorkflowRequest: { name: NAME, version: 1 },
    },
  ],
  "SchedulerClient.getSchedule of nothing": [
    async () => sdk.schedules.getSchedule("calls_nothing").catch((error) => error.message),
    (message) => message.includes("Schedule 'calls_nothing' not found"),
  ],
  "SchedulerClient.getAllSchedules": [
    async () => {
      await scheduled("calls_listed");
      return sdk.schedules.getAllSchedules(NAME);
    },
    [{ name: String, cronExpression: String, startWorkflowRequest: { name: NAME } }],
  ],
  "SchedulerClient.pauseSchedule": [
    async () => {
      await sdk.schedules.pauseSchedule(await scheduled("calls_paused"), "later");
      return sdk.schedules.getSchedule("calls_paused");
    },
    { paused: true, pausedReason: "later" },
  ],
  "SchedulerClient.resumeSchedule": [
    async () => {
      await sdk.schedules.resumeSchedule(await scheduled("calls_resumed", { paused: true }));
      return sdk.schedules.getSchedule("calls_resumed");
    },
    { paused: false },
  ],
  "SchedulerClient.deleteSchedule": [
    async () => sdk.schedules.deleteSchedule(await scheduled("calls_gone")),
    nothing,
  ],
  "SchedulerClient.getNextFewSchedules": [
    async () => sdk.schedules.getNextFewSchedules("0/5 * * ? * *", undefined, undefined, 3),
    (times) => times.length === 3 && times.every(instant) && times[0] < times[1] && times[1] < times[2],
  ],
  "SchedulerClient.search": [
    async () => {
      await scheduled("calls_fired", { cronExpression: "* * * ? * *" });
      const look = () => sdk.schedules.search(0, 10, "startTime:DESC", "*", "scheduleName IN (calls_fired)");
      const page = await found(look);
      await sdk.schedules.deleteSchedule("calls_fired");
      return page;
    },
    {
      totalHits: Number,
      results: [{ executionId: id, scheduleName: "calls_fired", state: "EXECUTED", workflowId: id, scheduledTime: instant }],
    },
  ],
  "SchedulerClient.requeueAllExecutionRecords": [async () => sdk.schedules.requeueAllExecutionRecords(), nothing],
  "SchedulerClient.pauseAllSchedules and resumeAllSchedules": [
    async () => {
      await sdk.schedules.pauseAllSchedules();
      return sdk.schedules.resumeAllSchedules();
    },
    nothing,
  ],

  "healthCheckResource.doCheck": [async () => sdk.client.healthCheckResource.doCheck(), { healthy: true }],
};

describe("calls of conductor-javascript-4", () => {
  before(async () => {
    // The resource classes say at every call that there are newer ones.
    mock.method(console, "warn", () => {});
    await connect();
  });
  after(async () => {
    sdk.client.stopBackgroundRefresh();
    await sdk.server.stop();
  });

  for (const [name, [call, shape, needs]] of Object.entries(CALLS)) {
    test(name, async (context) => {
      try {
        assertShape(await call(), shape);
      } catch (error) {
        if (!needs) throw error;
        context.skip(`needs ${needs}`);
      }
    });
  }
});
