// Every code block of the JavaScript worker guide, with an old and the newest SDK.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { blocks, guide, run } from "./support/guide.mjs";
import { SDKS, STARTERS, startHarness } from "./support/harness.mjs";
import { call, ended, execution, startOne, until } from "./support/server.mjs";

const QUICK = { pollInterval: 10, concurrency: 1 };
const [NO_RESULT, AN_OBJECT, LONG_RUNNING, STARTING, GET_TASK, BY_REFERENCE, BY_ID] = blocks;

test("the guide is as it was published, and every block of it is run here", () => {
  assert.equal(
    createHash("sha256").update(guide).digest("hex"),
    "74744e4f2d708d915d5a7ff9a5cb2b130b4c2a4657649b173b47b8ed5a4ad083",
  );
  assert.equal(guide.match(/^```/gm).length, 2 * blocks.length);
  assert.equal(blocks.length, 7);
});

for (const name of SDKS) {
  describe(name, () => {
    let sdk;

    before(async () => {
      sdk = await startHarness(name);
    });
    after(async () => sdk.stop());

    const block = async (text) => (await run(sdk.place, text, { shown: ["worker"] })).worker;

    for (const [starter, start] of Object.entries(STARTERS)) {
      test(`${starter}: a worker that returns nothing fails its task, with a reason`, async () => {
        const { status, tasks } = await sdk.one(start, await block(NO_RESULT), QUICK);
        assert.equal(status, "FAILED");
        assert.equal(tasks[0].status, "FAILED");
        assert.equal(tasks[0].reasonForIncompletion, "worker returned no status");
      });

      test(`${starter}: a worker that returns an object completes its task with it`, async () => {
        const { status, tasks } = await sdk.one(start, await block(AN_OBJECT), QUICK);
        assert.equal(status, "COMPLETED");
        assert.equal(tasks[0].status, "COMPLETED");
        assert.deepEqual(tasks[0].outputData, { hello: "From your worker" });
      });

      test(`${starter}: a long-running task goes back to its queue for the callback time`, async () => {
        const polls = sdk.recorder.polls("task-def-name").length;
        const options = { ...QUICK, concurrency: 7 };
        await sdk.one(start, await block(LONG_RUNNING), options, async (id, domain) => {
          const deferred = async () => {
            const [task] = (await execution(sdk.url, id)).tasks;
            return task.status === "SCHEDULED" && task.pollCount > 0 && task;
          };
          const what = async () => `the deferral of ${JSON.stringify(await execution(sdk.url, id))}`;
          const task = await until(deferred, what);
          assert.equal(task.callbackAfterSeconds, 60);
          const early = await call(sdk.url, "GET", `/tasks/poll/task-def-name?domain=${domain}`);
          assert.equal(early.status, 204, "it is not handed out before its time");
        });
        const asked = sdk.recorder.polls("task-def-name").slice(polls).map((poll) => poll.query.get("count"));
        assert.ok(asked.includes("2") && !asked.includes("7"), "the worker's own concurrency");
      });
    }

    test("TaskManager is started, changed and stopped as it says", async () => {
      const id = await startOne(sdk.url, "HelloWorldWorker");
      // The block stops at once: its stop waits here until the worker has had its task.
      const prelude = `
        import { TaskManager as Manager } from "@io-orkes/conductor-javascript";
        class TaskManager extends Manager {
          constructor(...parameters) {
            super(...parameters);
            const stop = this.stopPolling;
            this.stopPolling = async () => { await given.worked(); await stop(); };
          }
          get isPolling() {
            given.polling.push(super.isPolling);
            return super.isPolling;
          }
        }`;
      const given = { polling: [], worked: () => ended(sdk.url, id) };
      const { customWorker } = await run(sdk.place, STARTING, { prelude, given, shown: ["customWorker"] });
      assert.deepEqual(given.polling, [true, false]);
      const workflow = await execution(sdk.url, id);
      assert.equal(workflow.status, "COMPLETED");
      assert.deepEqual(workflow.output, { greeting: "Hello World" });
      for (const poll of sdk.recorder.polls("HelloWorldWorker")) assert.equal(poll.query.get("count"), "1");

      // One last poll may have been under way when it stopped: the second execution at the latest is left alone.
      const left = [];
      for (let i = 0; i < 2; i += 1) {
        const alone = await startOne(sdk.url, "HelloWorldWorker");
        const { body } = await call(sdk.url, "GET", "/tasks/poll/HelloWorldWorker");
        if (body.workflowInstanceId === alone) left.push(alone);
      }
      assert.ok(left.length > 0, "nobody polls any more");

      const { output } = await sdk.one(STARTERS.TaskRunner, customWorker, QUICK);
      assert.deepEqual(output, { greeting: "Hello World" });
    });

    test("the details of a task are read", async () => {
      const id = await startOne(sdk.url, "read-me");
      const [task] = (await execution(sdk.url, id)).tasks;
      const prelude = `
        import { orkesConductorClient } from "@io-orkes/conductor-javascript";
        const { someTaskId } = given;`;
      const given = { someTaskId: task.taskId };
      const { taskDetails } = await run(sdk.place, GET_TASK, { prelude, given, shown: ["taskDetails"] });
      assert.deepEqual(
        [taskDetails.taskId, taskDetails.workflowInstanceId, taskDetails.referenceTaskName, taskDetails.status],
        [task.taskId, id, "only", "SCHEDULED"],
      );
    });

    const executor = `
      import { orkesConductorClient, WorkflowExecutor } from "@io-orkes/conductor-javascript";
      const executor = new WorkflowExecutor(await orkesConductorClient({}));`;

    test("a task is updated by its reference", async () => {
      const workflowInstanceId = await startOne(sdk.url, "by-reference");
      const prelude = `${executor}\nconst { taskReferenceName, workflowInstanceId } = given;`;
      await run(sdk.place, BY_REFERENCE, { prelude, given: { taskReferenceName: "only", workflowInstanceId } });
      const { status, tasks } = await ended(sdk.url, workflowInstanceId);
      assert.deepEqual([status, tasks[0].status], ["COMPLETED", "COMPLETED"]);
      assert.deepEqual(tasks[0].outputData, { some: { output: "value" } });
    });

    test("a task is updated by its id", async () => {
      const executionId = await startOne(sdk.url, "by-id");
      const [{ taskId }] = (await execution(sdk.url, executionId)).tasks;
      const prelude = `${executor}\nconst { taskId, executionId, newChange } = given;`;
      await run(sdk.place, BY_ID, { prelude, given: { taskId, executionId, newChange: { changed: true } } });
      const { status, tasks } = await execution(sdk.url, executionId);
      assert.deepEqual([status, tasks[0].status], ["COMPLETED", "COMPLETED"]);
      assert.deepEqual(tasks[0].outputData, { changed: true });
    });

    test("the server refused nothing but the token", () => {
      const refused = sdk.recorder.refusals().map(({ method, path, status }) => `${method} ${path} ${status}`);
      assert.deepEqual([...new Set(refused)], ["POST /api/token 404"]);
    });
  });
}
