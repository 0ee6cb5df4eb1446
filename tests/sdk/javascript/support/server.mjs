// A Segue server on a free port, ended by its own process id.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export async function startServer() {
  const directory = mkdtempSync(join(tmpdir(), "segue-js-"));
  const program = process.env.SEGUE_BIN;
  if (!program) throw new Error("SEGUE_BIN must name the segue program");
  const child = spawn(program, ["server", "--port", "0", "--store", join(directory, "test.db")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines = createInterface({ input: child.stderr });
  const url = await new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      const found = /segue serves (http\S+)/.exec(line);
      if (found) resolve(found[1]);
    });
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const stop = () =>
    new Promise((resolve) => {
      child.removeAllListeners("exit");
      child.on("exit", () => {
        rmSync(directory, { recursive: true, force: true });
        resolve();
      });
      child.kill("SIGTERM");
    });
  return { url, stop };
}

/** Calls the server directly, as an observer. */
export async function call(url, method, path, body) {
  const response = await fetch(`${url}/api${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  let value = text;
  try {
    value = JSON.parse(text);
  } catch {
    // A bare text, as ids are.
  }
  return { status: response.status, body: value };
}

/** Starts an execution of one task of this type, for the workers of `domain` if that is given. */
export async function startOne(url, type, domain) {
  const taskDefinition = { name: type, retryCount: 0 };
  const tasks = [{ name: type, taskReferenceName: "only", type: "SIMPLE", taskDefinition }];
  const workflowDef = { name: "one", version: 1, tasks };
  const taskToDomain = domain ? { [type]: domain } : undefined;
  const started = await call(url, "POST", "/workflow", { name: "one", workflowDef, input: {}, taskToDomain });
  if (started.status !== 200) throw new Error(JSON.stringify(started));
  return started.body;
}

/** What `look` gives, once it gives something; fails after a deadline. */
export async function until(look, what) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not in time: ${typeof what === "function" ? await what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** An execution with its tasks. */
export async function execution(url, id) {
  return (await call(url, "GET", `/workflow/${id}`)).body;
}

/** An execution, once it is over. */
export async function ended(url, id) {
  return until(async () => {
    const found = await execution(url, id);
    return found.status !== "RUNNING" && found;
  }, `the end of ${id}`);
}
