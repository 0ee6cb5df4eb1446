// Runs of tasks and calls of plugins: from a request to its one answer.
'use strict';
const channel = load('channel');
const logs = load('logs');
const plugins = load('plugins');
const { context } = load('context');
const { inner, exports: errors } = load('common');

const SYSTEM_TASKS = [
  'log', 'delay', 'http', 'lambda', 'if', 'switch', 'for', 'while', 'iterate', 'catch', 'workflow', 'run-workflow',
  'exec', 'expect', 'read-file', 'write-file',
];
// Another attempt helps none of these.
const TERMINAL = Object.keys(errors).filter((name) => name.endsWith('Error'));
const running = new Map();

function run(id, attempt) {
  const workflow = attempt.workflow;
  const task = taskOf(attempt);
  const one = { id, attempt, workflow, task, controller: new AbortController(), whole: undefined };
  one.output = task.output;
  one.variables = JSON.stringify(workflow.variables);
  running.set(id, one);
  logs.current.run(one, () =>
    perform(one).then(
      (result) => finish(one, { result }),
      (error) => finish(one, { error }),
    ),
  );
}

function taskOf({ input, handler, runtimeName, retries, id }) {
  const { task: name, parameters, taskDef } = input;
  return {
    id,
    name,
    runtimeName: runtimeName ?? name,
    status: 'executing',
    blocking: true,
    handler,
    taskDef: { name, handler, parameters, ...taskDef },
    parameters: parameters ?? {},
    output: {},
    retries,
    timeStarted: Date.now(),
  };
}

async function perform(one) {
  const { workflow, task } = one;
  const input = { workflow, task, context: context({ run: one }), session: session(one) };
  const interpolators = plugins.custom('parameter-interpolator');
  if (interpolators.length > 0) {
    const seen = { ...workflow.tasks, workflow, task, input: workflow.input, variables: workflow.variables };
    task.parameters = await plugins.chain(interpolators, 'interpolate', [task.parameters, seen]);
  }
  for (const plugin of plugins.custom('pre-run-task')) await plugin.execute?.({ workflow, task, context: input.context });
  let result;
  let failure;
  try {
    result = await retried(one, () => invoke(input));
    task.status = 'completed';
    if (result === undefined && touched(one)) result = task.output;
  } catch (error) {
    if (error?.name !== 'InterruptInvokeError' || error.result === undefined) failure = { error };
    else result = error.result;
  }
  if (!failure || one.attempt.isLast || one.isFinal || TERMINAL.includes(failure.error?.name)) {
    task.status = failure ? 'error' : 'completed';
    if (!failure) task.output = result;
    const error = failure?.error;
    const seen = { workflow, task, result, error, context: input.context };
    for (const plugin of plugins.custom('post-run-task')) await plugin.execute?.(seen);
  }
  if (failure) throw failure.error;
  return result;
}

/** Whether a handler has set `task.output`. */
const touched = ({ task, output }) =>
  task.output !== output || (task.output !== null && typeof task.output === 'object' && Object.keys(task.output).length > 0);

/** Lets a plugin decide how often a job is done. */
function retried(one, doJob) {
  const [plugin] = plugins.custom('retry');
  if (!plugin) return doJob();
  one.isFinal = true;
  const { task, attempt, controller } = one;
  const shouldRetryFn = (error) => !TERMINAL.includes(error?.name);
  return plugin.retry({ retryable: task, config: attempt.retry ?? {}, shouldRetryFn, doJob, signal: controller.signal });
}

function invoke(input) {
  const [invoker] = plugins.custom('task-invoker');
  if (!invoker) return invokeByDefault(input);
  return invoker.invoke(plugins.inputFor(invoker, input));
}

/** What runs a task if no plugin does. */
async function invokeByDefault(input) {
  const { task, session } = input;
  const text = task.taskDef?.handler ?? task.handler;
  const one = running.get(logs.current.getStore()?.id);
  const location = await locate(one, text);
  if (location.language === 'system') return session.systemTasks[location.path].handle(input);
  if (location.language !== 'javaScript') {
    const value = await channel.want(one?.id, { type: 'run', handler: text, input: { ...one?.attempt.input, parameters: task.parameters } });
    if (!value.error) return value.result;
    if ('result' in value) task.output = value.result;
    throw inner.toError(value.error);
  }
  const { handler, file } = await load('loader').handlerAt(location, text);
  one?.controller.signal.throwIfAborted();
  task.parameters = load('schemas').checked(handler, task.parameters, file);
  return handler.handle(input);
}

async function locate(one, text) {
  const [resolver] = plugins.custom('task-handler-location-resolver');
  if (!resolver) {
    const known = text === one?.attempt.handler ? one?.attempt.location : undefined;
    return known ?? channel.want(one?.id, { type: 'locate', handler: text });
  }
  if (SYSTEM_TASKS.includes(text)) return { language: 'system', path: text };
  const [, type = 'script', name, version, taskName] = /^(?:(package|external|script):)?(@?[^@:]+)(?:@([^:]+))?(?::(.+))?$/.exec(text) ?? [, , text];
  const found = await plugins.chain([resolver], 'resolveLocation', [{ handler: text, type, name, version, taskName }, true]);
  if (found === undefined || found === null) return channel.want(one?.id, { type: 'locate', handler: text });
  return channel.want(one?.id, { type: 'locate', handler: `external:${found}${taskName ? `:${taskName}` : ''}` });
}

function session(one) {
  const systemTasks = {};
  for (const name of SYSTEM_TASKS) systemTasks[name] = { name, handle: (input) => systemTask(one, name, input) };
  const unsupported = (what) => () => {
    throw new errors.IllegalStateError(`${what}: tasks cannot be changed while a workflow runs; use if, switch, for, while, iterate or workflow`);
  };
  return {
    workflow: one.workflow,
    systemTasks,
    signal: one.controller.signal,
    resolveParameter: (value) => channel.want(one.id, { type: 'resolve', value }),
    getParentTask: () => undefined,
    setTasks: unsupported('session.setTasks'),
    clearTasks: unsupported('session.clearTasks'),
  };
}

/** Runs one of the engine's own tasks, with the parameters that the task has now. */
async function systemTask(one, name, input) {
  const whole = await channel.want(one.id, {
    type: 'systemTask',
    name,
    input: { ...one.attempt.input, handler: name, parameters: (input?.task ?? one.task).parameters },
  });
  one.whole = whole;
  return whole?.result;
}

/** Aborts a run; a handler that does not listen is killed from outside. */
function cancel(id, reason) {
  const error = new errors.InterruptInvokeError(`Aborted: ${reason}`);
  running.get(id)?.controller.abort(error);
}

/** Fails a run from outside its own flow. Says whether it still ran. */
function fail(id, error) {
  const one = running.get(id);
  if (one) finish(one, { error });
  return one !== undefined;
}

function finish(one, { result, error }) {
  if (!running.delete(one.id)) return;
  logs.flush(one.id);
  const done = { type: 'done', id: one.id, isFinal: one.isFinal === true, variables: changes(JSON.parse(one.variables), one.workflow.variables) };
  if (error === undefined) done.result = result;
  else {
    done.error = inner.fromError(error);
    if (touched(one)) done.result = one.task.output;
  }
  const { result: _, ...extra } = one.whole ?? {};
  answer({ ...done, extra });
}

function answer(done) {
  try {
    channel.send(done);
  } catch (error) {
    const failure = { name: 'TypeError', message: `The output cannot be written as JSON: ${error.message}` };
    channel.send({ type: 'done', id: done.id, error: failure });
  }
}

/** What a handler did to the variables: new values, and null for what is gone. */
function changes(before, after) {
  const changed = {};
  for (const [key, value] of Object.entries(after ?? {})) {
    if (JSON.stringify(value) !== JSON.stringify(before[key])) changed[key] = value ?? null;
  }
  for (const key of Object.keys(before)) if (!(key in (after ?? {}))) changed[key] = null;
  return changed;
}

/** Calls a method of the plugins of a type, or says that there are none. */
async function plugin(id, { plugin: type, method, arguments: values }) {
  const list = plugins.custom(type);
  try {
    const use = load('uses')[type]?.[method];
    let result;
    if (use) result = await use(list, ...values);
    else if (list.length > 0) result = await plugins.chain(list, method, values.map(withContext));
    answer({ type: 'done', id, result });
  } catch (error) {
    answer({ type: 'done', id, error: inner.fromError(error) });
  }
}

/** What hooks get of a workflow comes with a context. */
function withContext(value) {
  return value !== null && typeof value === 'object' && 'workflow' in value ? { ...value, context: context() } : value;
}

module.exports = { run, plugin, cancel, fail, invokeByDefault };
