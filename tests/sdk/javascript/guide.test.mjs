// Every code block of the JavaScript worker guide, with an old and the newest SDK.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { blocks, run, workspace } from "./support/guide.mjs";
import { call, ended, startOne, startServer, until } from "./support/server.mjs";

const IMPORTED = 'import { TaskManager, TaskRunner } from "@io-orkes/conductor-javascript";';
const texts = blocks();

test("the guide has the blocks that are run here", () => {
  assert.equal(texts.length, 7);
});

for (const sdk of ["conductor-javascript-1", "conductor-javascript-4"]) {
  describe(sdk, () => {
    let server;
    let place;
    let client;

    before(async () => {
      server = await startServer();
      process.env.GUIDE_SERVER = `${server.url}/api`;
      process.env.CONDUCTOR_SERVER_URL = `${server.url}/api`;
      place = workspace(sdk);
      client = await place.real.orkesConductorClient({ serverUrl: `${server.url}/api` });
    });
    after(async () => server.stop());

    /** Runs workers until `done` gives something. */
    const working = async (workers, options, done) => {
      const manager = new place.real.TaskManager(client, workers, { options });
      manager.startPolling();
      try {
        return await done(manager);
      } finally {
        await manager.stopPolling();
      }
    };
    /** The worker of a block. The guide gives all of them one task type; here each has its own, because an SDK's
        stopped manager may still have a poll under way. */
    const block = async (number) => {
      const { worker } = await run(place, number, texts[number], "", ["worker"]);
      assert.equal(worker.taskDefName, "task-def-name");
      return { worker: { ...worker, taskDefName: `task-def-name-${number}` } };
    };
    const quick = { pollInterval: 10, concurrency: 1 };

    test("a worker that returns nothing: the task fails, with a reason", async () => {
      const { worker } = await block(0);
      const id = await startOne(server.url, worker.taskDefName);
      const returns = { ...worker, execute: async () => ({}) };
      const workflow = await working([returns], quick, () => ended(server.url, id));
      assert.equal(workflow.tasks[0].status, "FAILED");
      assert.equal(workflow.tasks[0].reasonForIncompletion, "worker returned no status");
      assert.equal(typeof worker.execute, "function");
    });

    test("a worker that returns an error: the task fails with it", async () => {
      const id = await startOne(server.url, "broken");
      const worker = { taskDefName: "broken", execute: async () => ({ error: "the bank is busy" }) };
      const workflow = await working([worker], quick, () => ended(server.url, id));
      assert.equal(workflow.tasks[0].status, "FAILED");
      assert.equal(workflow.tasks[0].reasonForIncompletion, "the bank is busy");
    });

    test("a worker that returns an object: the task completes with it", async () => {
      const { worker } = await block(1);
      const id = await startOne(server.url, worker.taskDefName);
      const workflow = await working([worker], quick, () => ended(server.url, id));
      assert.equal(workflow.status, "COMPLETED");
      assert.deepEqual(workflow.tasks[0].outputData, { hello: "From your worker" });
    });

    test("a long-running task goes back to its queue for the callback time", async () => {
      const { worker } = await block(2);
      assert.equal(worker.concurrency, 2);
      const id = await startOne(server.url, worker.taskDefName);
      let seen = "nothing";
      const task = await working([worker], quick, () =>
        until(async () => {
          const { body } = await call(server.url, "GET", `/workflow/${id}`);
          const [task] = body.tasks;
          if (task.status === "SCHEDULED" && task.pollCount > 0) return task;
          seen = JSON.stringify(task);
          return undefined;
        }, () => `the deferral of ${seen}`),
      );
      assert.equal(task.callbackAfterSeconds, 60);
      const polled = await call(server.url, "GET", `/tasks/poll/${worker.taskDefName}`);
      assert.equal(polled.status, 204, "it is not handed out before its time");
      await call(server.url, "DELETE", `/workflow/${id}`);
    });

    test("workers are started, changed and stopped", async () => {
      const exported = ["customWorker", "manager", "client"];
      const { customWorker, manager } = await run(place, 3, texts[3], IMPORTED, exported);
      assert.equal(manager.isPolling, false);
      const id = await startOne(server.url, customWorker.taskDefName);
      const workflow = await working([customWorker], quick, (manager) => {
        assert.equal(manager.isPolling, true);
        return ended(server.url, id);
      });
      assert.deepEqual(workflow.output, { greeting: "Hello World" });
    });

    test("a task is read", async () => {
      const id = await startOne(server.url, "read-me");
      const { body } = await call(server.url, "GET", `/workflow/${id}`);
      const someTaskId = body.tasks[0].taskId;
      const prelude = `import { orkesConductorClient } from "@io-orkes/conductor-javascript";
        const someTaskId = "${someTaskId}";`;
      const { taskDetails } = await run(place, 4, texts[4], prelude, ["taskDetails"]);
      assert.equal(taskDetails.taskId, someTaskId);
      assert.equal(taskDetails.status, "SCHEDULED");
    });

    const executor = `
      import { orkesConductorClient as connect, WorkflowExecutor as Executor } from "@io-orkes/conductor-javascript";
      const executor = new Executor(await connect({}));`;

    test("a task is updated by its reference", async () => {
      const workflowInstanceId = await startOne(server.url, "by-ref");
      const prelude = `${executor}
        const taskReferenceName = "only";
        const workflowInstanceId = "${workflowInstanceId}";`;
      await run(place, 5, texts[5], prelude, []);
      const workflow = await ended(server.url, workflowInstanceId);
      assert.deepEqual(workflow.output, { some: { output: "value" } });
    });

    test("a task is updated by its id", async () => {
      const executionId = await startOne(server.url, "by-id");
      const { body } = await call(server.url, "GET", `/workflow/${executionId}`);
      const prelude = `${executor}
        const taskId = "${body.tasks[0].taskId}";
        const executionId = "${executionId}";
        const newChange = { changed: true };`;
      await run(place, 6, texts[6], prelude, []);
      const workflow = await ended(server.url, executionId);
      assert.deepEqual(workflow.output, { changed: true });
    });

    test("a single runner works alone", async () => {
      const id = await startOne(server.url, "alone");
      const worker = { taskDefName: "alone", execute: async () => ({ status: "COMPLETED", outputData: { by: "runner" } }) };
      const { TaskRunner } = place.real;
      const runner = new TaskRunner({ client, taskResource: client.taskResource, worker, options: { ...quick, workerID: "w" } });
      runner.startPolling();
      const workflow = await ended(server.url, id);
      await runner.stopPolling();
      assert.deepEqual(workflow.output, { by: "runner" });
    });

    test("hundreds of executions complete with two workers", async () => {
      const tasks = ["x", "y", "x"].map((type, i) => ({ name: type, taskReferenceName: `t${i}`, type: "SIMPLE" }));
      const workflowDef = { name: "many", version: 1, tasks };
      const ids = [];
      for (let i = 0; i < 200; i += 1) {
        ids.push((await call(server.url, "POST", "/workflow", { name: "many", workflowDef, input: {} })).body);
      }
      const worker = (taskDefName) => ({ taskDefName, execute: async () => ({ status: "COMPLETED", outputData: {} }) });
      await working([worker("x"), worker("y")], { pollInterval: 5, concurrency: 10 }, async () => {
        for (const id of ids) assert.equal((await ended(server.url, id)).status, "COMPLETED");
      });
    });

    test("without keys there is no token to be had", async () => {
      const { status, body } = await call(server.url, "POST", "/token", { keyId: "XXX", keySecret: "XXXX" });
      assert.equal(status, 404);
      assert.equal(body.status, 404);
    });
  });
}
