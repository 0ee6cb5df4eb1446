// One SDK, one server, and the recorder between them.
import { startRecorder } from "./recorder.mjs";
import { ended, startOne, startServer } from "./server.mjs";
import { workspace } from "./guide.mjs";

/** The oldest release that is still in use, and the newest. */
export const SDKS = ["conductor-javascript-1", "conductor-javascript-4"];

/** The two ways in which the SDK runs a worker. */
export const STARTERS = {
  TaskManager: (sdk, worker, options) => new sdk.real.TaskManager(sdk.client, [worker], { options, logger: quiet }),
  TaskRunner: ({ real, client }, worker, options) =>
    // 1.x takes the resource, later ones the client.
    new real.TaskRunner({ client, taskResource: client.taskResource, worker, options, logger: quiet }),
};

const nothing = () => {};
export const quiet = { info: nothing, error: nothing, debug: nothing, warn: nothing };

export async function startHarness(name) {
  const server = await startServer();
  const recorder = await startRecorder(server.url);
  const place = workspace(name, `${recorder.url}/api`);
  const client = await place.real.orkesConductorClient({ serverUrl: `${recorder.url}/api` });
  let domains = 0;
  const sdk = {
    url: server.url,
    recorder,
    place,
    client,
    real: place.real,
    async stop() {
      await recorder.stop();
      await server.stop();
      place.remove();
    },
    /** Runs a worker until `look` has given something. */
    async working(start, worker, options, look) {
      const workers = start(sdk, worker, { workerID: "js", ...options });
      workers.startPolling();
      try {
        return await look(workers);
      } finally {
        await workers.stopPolling();
      }
    },
    /** Runs a worker with an execution of one task until `look` has given something; by default, the execution's end.
        The guide's workers have one task type, and a stopped worker may have one more poll under way: each has a
        domain to itself, so that none takes the task of another. */
    async one(start, worker, options, look = (id) => ended(server.url, id)) {
      const domain = `domain-${(domains += 1)}`;
      const id = await startOne(server.url, worker.taskDefName, domain);
      return sdk.working(start, worker, { ...options, domain }, (workers) => look(id, domain, workers));
    },
  };
  return sdk;
}
