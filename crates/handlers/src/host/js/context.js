// `context`, as handlers and plugins get it.
'use strict';
const logs = load('logs');

const camel = (text) => text.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());

function lookUp(config, key) {
  if (Object.hasOwn(config, key)) return config[key];
  const parts = key.split('.');
  let value = config;
  for (const part of parts) {
    if (value === null || typeof value !== 'object') return undefined;
    value = Object.hasOwn(value, part) ? value[part] : Object.hasOwn(value, camel(part)) ? value[camel(part)] : undefined;
  }
  return value;
}

/** The project's configuration; environment variables stand in for what it does not have: `TASK_DIR` for `task.dir`. */
const configProvider = {
  get(key, otherwise) {
    const value = lookUp(bundle.config, key) ?? process.env[key.toUpperCase().replace(/[.-]/g, '_')];
    return value === undefined || value === null ? otherwise : value;
  },
  getString(key, otherwise) {
    const value = this.get(key, otherwise);
    return value === undefined ? undefined : String(value);
  },
  getNumber(key, otherwise) {
    const value = Number(this.get(key, NaN));
    return Number.isNaN(value) ? otherwise : value;
  },
  getInt(key, otherwise) {
    const value = this.getNumber(key, otherwise);
    return value === undefined ? undefined : Math.trunc(value);
  },
  getFloat(key, otherwise) {
    return this.getNumber(key, otherwise);
  },
  getBoolean(key, otherwise) {
    const value = this.get(key);
    return value === undefined ? otherwise : ['true', '1', 'yes', 'on'].includes(String(value).toLowerCase());
  },
  getArray(key, otherwise) {
    const value = this.get(key, otherwise);
    return typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value;
  },
  has(key) {
    return this.get(key) !== undefined;
  },
  getAll() {
    return structuredClone(bundle.config);
  },
};

/** A context for a run, with its signal, or for a plugin. */
function context({ run, plugin } = {}) {
  const plugins = load('plugins');
  const manager = plugins.manager(plugin);
  const logger = plugins.logger() ?? logs.logger(run?.id);
  return {
    getLogger: () => logger,
    getConfigProvider: () => configProvider,
    getPluginManager: () => manager,
    signal: run?.controller.signal,
  };
}

module.exports = { context, configProvider };
