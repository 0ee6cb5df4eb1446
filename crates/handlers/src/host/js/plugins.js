// The project's plugins: loaded once, highest priority first.
'use strict';
const fs = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');
const logs = load('logs');
const channel = load('channel');
const { SCRIPTS } = load('source');

let loaded = [];

// What the project has without plugins, as far as a plugin may want to call it.
const defaults = [
  { name: 'default', type: 'task-invoker', priority: -1, invoke: (input) => load('calls').invokeByDefault(input) },
  { name: 'default', type: 'logger', priority: -1, getLogger: () => logs.logger() },
  {
    name: 'default',
    type: 'task-handler-location-resolver',
    priority: -1,
    resolveLocation: async (parsed) => {
      const handler = typeof parsed === 'string' ? parsed : parsed.handler ?? `${parsed.type}:${parsed.name}`;
      return (await channel.want(logs.current.getStore()?.id, { type: 'locate', handler })).path;
    },
  },
  {
    name: 'default',
    type: 'parameter-interpolator',
    priority: -1,
    interpolate: (value) => channel.want(logs.current.getStore()?.id, { type: 'resolve', value }),
  },
];

const custom = (type) => loaded.filter((plugin) => plugin.type === type);

/** Plugins of a type as `plugin` may call them: those behind it, if it is one of them. */
function visible(type, plugin) {
  const all = [...custom(type), ...defaults.filter((each) => each.type === type)];
  const at = all.indexOf(plugin);
  return at < 0 ? all : all.slice(at + 1);
}

/** Calls each in turn, with what the one before returned as one more argument. */
async function chain(list, method, values) {
  const able = list.filter((plugin) => typeof plugin[method] === 'function');
  if (list.length > 0 && able.length === 0) throw new Error(`No plugin of type ${list[0].type} has a method ${method}`);
  let result;
  for (const [at, plugin] of able.entries()) {
    try {
      result = await plugin[method](...(at === 0 ? values : [...values, result]));
    } catch (error) {
      if (error?.name === 'InterruptInvokeError') return error.result;
      throw error;
    }
  }
  return result;
}

/** Input for an invoker, whose `getPluginManager` is to show those behind it. */
const inputFor = (plugin, input) => ({ ...input, context: { ...input.context, getPluginManager: () => manager(plugin) } });

/** An invoker as another plugin calls it. */
function asCalled(plugin) {
  if (plugin.type !== 'task-invoker' || defaults.includes(plugin)) return plugin;
  return Object.create(plugin, { invoke: { value: (input) => plugin.invoke(inputFor(plugin, input)) } });
}

/** `context.getPluginManager()`. A plugin gets those of its own type that come after it: it replaces them, and may call them. */
function manager(plugin) {
  return {
    get: async (type) => visible(type, plugin).map(asCalled),
    getOne: async (type) => visible(type, plugin).map(asCalled)[0],
    callPluginMethod: async (type, method, ...values) => {
      const list = visible(type, plugin).map(asCalled);
      const own = list.filter((each) => !defaults.includes(each));
      return chain(type === 'task-invoker' || own.length === 0 ? list.slice(0, 1) : own, method, values);
    },
  };
}

async function load_(file) {
  const module = await bundle.import(pathToFileURL(file).href);
  const Plugin = module.default?.default ?? module.default;
  if (typeof Plugin !== 'function') throw new Error('it has no class as its default export');
  const plugin = new Plugin();
  if (!plugin.type || !plugin.name) throw new Error('it has no name and type');
  return plugin;
}

async function loadAll() {
  let files = [];
  try {
    files = fs.readdirSync(bundle.pluginDirectory).filter((file) => SCRIPTS.includes(path.extname(file)) && !file.endsWith('.d.ts'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const { context } = load('context');
  for (const file of files.sort()) {
    try {
      loaded.push(await load_(path.join(bundle.pluginDirectory, file)));
    } catch (error) {
      logs.log('error', [`plugin ${file} is not used:`, error]);
    }
  }
  const priority = (plugin) => plugin.priority ?? 0;
  loaded.sort((one, other) => priority(other) - priority(one));
  for (const step of ['load', 'ready']) {
    for (const plugin of [...loaded]) {
      try {
        await plugin[step]?.(context({ plugin }));
      } catch (error) {
        loaded = loaded.filter((each) => each !== plugin);
        logs.log('error', [`plugin ${plugin.name} is not used:`, error]);
      }
    }
  }
  logs.tapInto(custom('log-transport').map((plugin) => plugin.getTransport?.()));
}

async function unload() {
  for (const plugin of [...loaded].reverse()) {
    try {
      await plugin.unload?.();
    } catch (error) {
      logs.log('error', [`plugin ${plugin.name} could not be unloaded:`, error]);
    }
  }
  loaded = [];
}

/** All methods that can be called, inherited ones included. */
function methods(plugin) {
  const names = new Set();
  for (let part = plugin; part && part !== Object.prototype; part = Object.getPrototypeOf(part)) {
    for (const name of Object.getOwnPropertyNames(part)) {
      if (name !== 'constructor' && typeof Object.getOwnPropertyDescriptor(part, name).value === 'function') names.add(name);
    }
  }
  return [...names].sort();
}

const list = () =>
  loaded.map((plugin) => ({
    type: plugin.type,
    name: plugin.name,
    priority: Math.trunc(plugin.priority ?? 0),
    description: plugin.description,
    methods: methods(plugin),
  }));

/** The logger of a plugin, if there is one that takes lines. */
function logger() {
  const own = custom('logger').find((plugin) => typeof plugin.getLogger === 'function')?.getLogger();
  return typeof own?.info === 'function' ? own : undefined;
}

module.exports = { load: loadAll, unload, list, custom, chain, manager, inputFor, logger };
