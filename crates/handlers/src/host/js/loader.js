// From a place on disk to the handler that is there.
'use strict';
const fs = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');
const { inner: { isSchema }, exports: { InvalidParameterError } } = load('common');
const { SCRIPTS, askInTurn } = load('source');

const groups = new Map();

/** The handler of a location; `text` is how the workflow calls it. */
async function handlerAt(location, text) {
  const file = location.isPackage ? entry(location.path) : location.path;
  if (!groups.has(file)) groups.set(file, group(file, location));
  let found;
  try {
    found = await groups.get(file);
  } catch (error) {
    groups.delete(file);
    throw placed(error, file);
  }
  return { handler: pick(found, location.task, text), file };
}

/** An error that says which file cannot be read as code, and where; Node leaves that to its own last words. */
function placed(error, file) {
  if (error?.name !== 'SyntaxError' || error.message.includes(file)) return error;
  const { error: found } = askInTurn({ type: 'transpile', path: file, text: fs.readFileSync(file, 'utf8') });
  error.message = found ?? `${error.message} (loaded by ${file})`;
  return error;
}

/** The main file of a package. */
function entry(folder) {
  const manifest = manifestOf(folder);
  const named = [manifest.main, exported(manifest.exports)].filter((name) => typeof name === 'string');
  const candidates = [...named.flatMap((name) => [name, ...SCRIPTS.map((extension) => name + extension)])];
  candidates.push(...named.map((name) => path.join(name, 'index.js')), ...SCRIPTS.map((extension) => `index${extension}`));
  const files = candidates.map((name) => path.join(folder, name));
  const file = files.find((candidate) => fs.statSync(candidate, { throwIfNoEntry: false })?.isFile());
  if (!file) throw new InvalidParameterError(`Package ${folder} has no main file`);
  return file;
}

function manifestOf(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw new InvalidParameterError(`${folder}/package.json cannot be read: ${error.message}`);
  }
}

/** The main entry of `exports`. */
function exported(exports) {
  if (exports === null || typeof exports !== 'object') return exports;
  if (Object.hasOwn(exports, '.')) return exported(exports['.']);
  return exported(exports.import ?? exports.node ?? exports.default ?? exports.require);
}

const isHandler = (value) =>
  typeof value === 'function'
    ? typeof value.prototype?.handle === 'function'
    : value !== null && typeof value === 'object' && typeof value.handle === 'function';
const isFunction = (value) => typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));

function instance(value) {
  if (isHandler(value)) return typeof value === 'function' ? new value() : value;
  return { handle: value };
}

/** All handlers of a module: one under `undefined`, or several by name. */
async function group(file, { isPackage }) {
  const module = await bundle.import(pathToFileURL(file).href);
  let exports = { ...module };
  // What CommonJS exports is the default, and its parts once more.
  const whole = exports.default;
  if (whole !== null && typeof whole === 'object' && !isHandler(whole)) exports = { ...whole };
  delete exports['module.exports'];
  delete exports.__esModule;
  const single = exports.default;
  const only = Object.keys(exports).length === 1;
  if ((isHandler(single) || isFunction(single)) && (only || !isPackage)) {
    return new Map([[undefined, instance(single)]]);
  }
  const tasks = new Map();
  for (const [key, value] of Object.entries(exports)) {
    if (!isHandler(value)) continue;
    const handler = instance(value);
    const name = typeof handler.name === 'string' && handler.name !== '' ? handler.name : key;
    if (tasks.has(name)) throw new InvalidParameterError(`Task name ${name} is not unique in ${file}`);
    tasks.set(name, handler);
  }
  if (tasks.size === 0) throw new InvalidParameterError(`${file} exports no task handler: a class with a method handle`);
  return tasks;
}

function pick(tasks, wanted, text) {
  const single = tasks.get(undefined) ?? (tasks.size === 1 && wanted === undefined ? [...tasks.values()][0] : undefined);
  if (single && (wanted === undefined || same(single.name, wanted))) return single;
  if (wanted === undefined) {
    throw new InvalidParameterError(`Task name is required for handler: ${text}. It has ${[...tasks.keys()].join(', ')}`);
  }
  const found = tasks.get(wanted) ?? [...tasks].find(([name]) => same(name, wanted))?.[1];
  if (!found) throw new InvalidParameterError(`Cannot find task "${wanted}" in handler "${text}"`);
  return found;
}

const same = (name, wanted) => typeof name === 'string' && name.toLowerCase() === wanted.toLowerCase();

/** What the tasks of a location say of themselves. */
async function describe(location) {
  const file = location.isPackage ? entry(location.path) : location.path;
  const tasks = await group(file, location);
  const manifest = location.isPackage ? manifestOf(location.path) : {};
  const { name = path.basename(file, path.extname(file)), version, description, author, letrun = {}, keywords } = manifest;
  const described = [...tasks].map(([key, handler]) => ({
    ...Object.fromEntries(FIELDS.map((field) => [field, asDescription(handler[field])])),
    name: handler.name || key || name,
  }));
  return { name, version, description, author, keywords, displayName: letrun.displayName, icon: letrun.icon, tasks: described };
}

const FIELDS = ['name', 'displayName', 'version', 'description', 'icon', 'keywords', 'parameters', 'output'];
const asDescription = (value) => (isSchema(value) ? value.describe() : typeof value === 'function' ? undefined : value);

module.exports = { handlerAt, describe };
