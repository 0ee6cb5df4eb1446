// `@letrun/core`: what plugins are made of. Both modules of letrun export all that either has.
'use strict';
const common = load('common').exports;

const TYPES = [
  'command', 'script-engine', 'logger', 'log-transport', 'parameter-interpolator', 'persistence', 'input-parameter',
  'id-generator', 'task-invoker', 'workflow-runner', 'retry', 'task-handler-location-resolver', 'metadata-extractor',
  'pre-run-workflow', 'pre-workflow-run', 'post-run-workflow', 'pre-run-task', 'post-run-task',
];
const constants = Object.fromEntries(TYPES.map((type) => [`${type.toUpperCase().replace(/-/g, '_')}_PLUGIN`, type]));

class AbstractPlugin {
  priority = 0;

  async load(context) {
    this.context = context;
    await this.injectConfig();
    await this.doLoad(context);
  }

  async unload() {
    await this.doUnload();
  }

  async injectConfig() {
    const own = await this.context.getConfigProvider().get(`${this.type}.${this.name}`);
    if (own === null || typeof own !== 'object') return;
    for (const [key, value] of Object.entries(own)) {
      const field = key.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
      if (field !== '__proto__' && typeof this[field] !== 'function') this[field] = value;
    }
    await this.onConfigChange();
  }

  async doLoad() {}
  async doUnload() {}
  async onConfigChange() {}
}

/** The invoker that a project has without a plugin, to be extended: `super.invoke(input)`. */
class DefaultTaskInvoker extends AbstractPlugin {
  name = 'default';
  type = 'task-invoker';

  invoke(input) {
    return load('calls').invokeByDefault(input);
  }
}

// Interfaces have nothing at run time. Code compiled without its types may import them all the same.
const INTERFACES = [
  'AppContext', 'CommandPlugin', 'ConfigProvider', 'Context', 'ContainerDef', 'ExecutionSession', 'IdGenerator',
  'InputParameter', 'LogTransport', 'Logger', 'LoggerPlugin', 'LogTransportPlugin', 'MetadataExtractor',
  'ParameterInterpolator', 'ParsedHandler', 'Persistence', 'PersistenceUnit', 'Plugin', 'PluginManager',
  'PostRunTaskPlugin', 'PostRunWorkflowPlugin', 'PreRunTaskPlugin', 'PreRunWorkflowPlugin', 'Retry', 'RetryConfig',
  'RetryPlugin', 'Runner', 'ScriptEngine', 'ScriptEnginePlugin', 'Task', 'TaskDef', 'TaskGroup',
  'TaskGroupMetadata', 'TaskHandler', 'TaskHandlerInput', 'TaskHandlerLocationResolver', 'TaskHandlerOutput',
  'TaskInvoker', 'TaskMetadata', 'TaskStatus', 'Tasks', 'Workflow', 'WorkflowDef', 'WorkflowRunner',
  'WorkflowStatus', 'HandlerType', 'IdGeneratorPlugin', 'TaskInvokerPlugin', 'InputParameterPlugin',
];
const placeholders = Object.fromEntries(INTERFACES.map((name) => [name, { [name]: class {} }[name]]));

// What transpiled decorators call.
function decorate(decorators, target, key, description) {
  const isClass = arguments.length < 3;
  let result = isClass ? target : description === null ? Object.getOwnPropertyDescriptor(target, key) : description;
  for (const one of [...decorators].reverse()) result = (isClass ? one(result) : one(target, key, result)) || result;
  if (!isClass && result) Object.defineProperty(target, key, result);
  return result;
}
const helpers = {
  decorate,
  decorateParam: (index, decorator) => (target, key) => decorator(target, key, index),
  decorateMetadata: (key, value) => Reflect.metadata?.(key, value),
};

module.exports = {
  exports: { ...placeholders, ...common, ...constants, AbstractPlugin, DefaultTaskInvoker },
  TYPES,
  helpers,
};
