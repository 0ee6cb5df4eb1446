// What the worker guide promises beyond its code blocks: results, options, many tasks, no keys.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { SDKS, STARTERS, quiet, startHarness } from "./support/harness.mjs";
import { call, ended, startOne, until } from "./support/server.mjs";

const QUICK = { pollInterval: 10, concurrency: 1 };

/** What a worker may return or throw, and what its task then is. */
const RESULTS = {
  "an empty object": [() => ({}), "FAILED", "worker returned no status"],
  "an error": [() => ({ error: "the bank is busy" }), "FAILED", "the bank is busy"],
  "a failure": [() => ({ status: "FAILED", reasonForIncompletion: "no money" }), "FAILED", "no money"],
  "a final failure": [
    () => ({ status: "FAILED_WITH_TERMINAL_ERROR", reasonForIncompletion: "no such account" }),
    "FAILED_WITH_TERMINAL_ERROR",
    "no such account",
  ],
  "an exception": [
    () => {
      throw new Error("it broke");
    },
    "FAILED",
    "it broke",
  ],
};

for (const name of SDKS) {
  describe(name, () => {
    let sdk;

    before(async () => {
      sdk = await startHarness(name);
    });
    after(async () => sdk.stop());

    /** The number of tasks that the latest poll asked for. */
    const count = (type) => Number(sdk.recorder.polls(type).at(-1)?.query.get("count"));
    const asksFor = (type, wanted) => until(() => count(type) === wanted, () => `${wanted} asked of ${type}`);

    for (const [starter, start] of Object.entries(STARTERS)) {
      for (const [what, [execute, status, reason]] of Object.entries(RESULTS)) {
        test(`${starter}: ${what} makes the task ${status}`, async () => {
          const worker = { taskDefName: "result", execute: async () => execute() };
          const { tasks } = await sdk.one(start, worker, QUICK);
          assert.deepEqual([tasks[0].status, tasks[0].reasonForIncompletion], [status, reason]);
        });
      }
    }

    test("TaskManager: a worker's options win over the manager's, updates over both", async () => {
      const execute = async () => ({ status: "COMPLETED" });
      const own = { taskDefName: "own", execute, concurrency: 3 };
      const plain = { taskDefName: "plain", execute };
      const patient = { taskDefName: "patient", execute, pollInterval: 3_600_000 };
      const options = { pollInterval: 5, concurrency: 5 };
      const manager = new sdk.real.TaskManager(sdk.client, [own, plain, patient], { options, logger: quiet });
      assert.equal(manager.isPolling, false);
      manager.startPolling();
      try {
        assert.equal(manager.isPolling, true);
        await asksFor("own", 3);
        await asksFor("plain", 5);
        manager.updatePollingOptions({ concurrency: 7 });
        await asksFor("own", 7);
        await asksFor("plain", 7);
        manager.updatePollingOptionForWorker("own", { concurrency: 2 });
        await asksFor("own", 2);
        const polled = sdk.recorder.polls("plain").length;
        await until(() => sdk.recorder.polls("plain").length > polled + 10, "polls of the manager's interval");
        assert.equal(count("plain"), 7, "the other worker keeps its options");
        assert.equal(sdk.recorder.polls("patient").length, 1, "the worker's interval is an hour");
        assert.deepEqual([...new Set(sdk.recorder.polls("own").map((poll) => poll.query.get("count")))], ["3", "7", "2"]);
      } finally {
        await manager.stopPolling();
      }
      assert.equal(manager.isPolling, false);
    });

    test("TaskRunner: a worker's options win over the runner's, an update over both", async () => {
      const worker = { taskDefName: "lone", concurrency: 3, execute: async () => ({ status: "COMPLETED" }) };
      const options = { pollInterval: 5, concurrency: 5 };
      const runner = await sdk.working(STARTERS.TaskRunner, worker, options, async (runner) => {
        assert.equal(runner.isPolling, true);
        await asksFor("lone", 3);
        runner.updateOptions({ concurrency: 4 });
        await asksFor("lone", 4);
        return runner;
      });
      assert.equal(runner.isPolling, false);
    });

    test("a worker asks for as many tasks as it has room for", async () => {
      let release;
      const released = new Promise((resolve) => {
        release = resolve;
      });
      const execute = async () => {
        await released;
        return { status: "COMPLETED" };
      };
      const ids = [await startOne(sdk.url, "roomy"), await startOne(sdk.url, "roomy")];
      const worker = { taskDefName: "roomy", concurrency: 3, execute };
      await sdk.working(STARTERS.TaskManager, worker, QUICK, async () => {
        await asksFor("roomy", 1);
        release();
        for (const id of ids) assert.equal((await ended(sdk.url, id)).status, "COMPLETED");
        await asksFor("roomy", 3);
      });
    });

    test("hundreds of executions complete with two workers", async () => {
      const tasks = ["x", "y", "x"].map((type, i) => ({ name: type, taskReferenceName: `t${i}`, type: "SIMPLE" }));
      const workflowDef = { name: "many", version: 1, tasks };
      const started = Array.from({ length: 200 }, () =>
        call(sdk.url, "POST", "/workflow", { name: "many", workflowDef, input: {} }),
      );
      const ids = (await Promise.all(started)).map(({ body }) => body);
      const runs = new Map();
      const worker = (taskDefName) => ({
        taskDefName,
        execute: async ({ taskId }) => {
          runs.set(taskId, (runs.get(taskId) ?? 0) + 1);
          return { status: "COMPLETED", outputData: { by: taskDefName } };
        },
      });
      const options = { pollInterval: 5, concurrency: 10 };
      const manager = new sdk.real.TaskManager(sdk.client, [worker("x"), worker("y")], { options, logger: quiet });
      manager.startPolling();
      try {
        for (const id of ids) {
          const workflow = await ended(sdk.url, id);
          assert.equal(workflow.status, "COMPLETED");
          assert.deepEqual(workflow.tasks.map((task) => task.outputData.by), ["x", "y", "x"]);
        }
      } finally {
        await manager.stopPolling();
      }
      assert.equal(runs.size, 600);
      assert.deepEqual([...new Set(runs.values())], [1], "no task was handed out twice");
    });

    test("results go where this release sends them", () => {
      const sent = sdk.recorder.calls.filter((call) => call.method === "POST" && /^\/api\/tasks/.test(call.path));
      const expected = name === SDKS[0] ? "/api/tasks" : "/api/tasks/update-v2";
      assert.deepEqual([...new Set(sent.map((call) => call.path))], [expected]);
    });

    test("without keys there is no token to be had", async () => {
      const { status, body } = await call(sdk.url, "POST", "/token", { keyId: "XXX", keySecret: "XXXX" });
      assert.equal(status, 404);
      assert.equal(body.status, 404);
      assert.equal(typeof body.message, "string");
    });

    test("the server refused nothing", () => {
      assert.deepEqual(sdk.recorder.refusals().map(({ method, path, status }) => `${method} ${path} ${status}`), []);
    });
  });
}
