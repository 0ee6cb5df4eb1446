// The child's side of the host: it takes requests, runs them all at once, and answers each when it is done.
'use strict';
const channel = load('channel');
const logs = load('logs');
const calls = load('calls');
const modules = load('modules');
const plugins = load('plugins');

const handlers = {
  run: (message) => calls.run(message.id, message.attempt),
  call: (message) => calls.plugin(message.id, message),
  cancel: (message) => calls.cancel(message.id, message.reason),
  reply: (message) => channel.settle(message),
  stop: async () => {
    await plugins.unload();
    channel.end(() => logs.exit(0));
  },
};

async function start() {
  logs.install(calls);
  modules.install();
  await plugins.load();
  channel.send({ type: 'ready', plugins: plugins.list() });
}

channel.listen(
  (message) => handlers[message.type]?.(message),
  () => logs.exit(0),
);
start().catch((error) => channel.send({ type: 'refused', reason: String(error?.stack ?? error) }));
