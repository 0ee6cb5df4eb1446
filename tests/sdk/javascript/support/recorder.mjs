// A proxy between an SDK and the server that writes down what was asked and answered.
import { Agent, createServer, request as forwardTo } from "node:http";

export async function startRecorder(target) {
  const calls = [];
  const agent = new Agent({ keepAlive: true });
  const proxy = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url, target);
    const call = { method: incoming.method, path: url.pathname, query: url.searchParams, status: 0, open: true };
    calls.push(call);
    const { method } = incoming;
    const onward = forwardTo(url, { method, headers: { ...incoming.headers, host: url.host }, agent }, (answer) => {
      call.status = answer.statusCode;
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => {
      call.open = false;
    });
    incoming.pipe(onward);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    calls,
    /** The polls for a task type, oldest first. */
    polls: (type) => calls.filter((call) => call.path === `/api/tasks/poll/batch/${type}`),
    /** What an SDK must not get to see: an error, or no answer at all. */
    refusals: () => calls.filter((call) => !call.open && (call.status < 200 || call.status >= 400)),
    stop: () =>
      new Promise((resolve) => {
        proxy.close(resolve);
        proxy.closeAllConnections();
        agent.destroy();
      }),
  };
}
