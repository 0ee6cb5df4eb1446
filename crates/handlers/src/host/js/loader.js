// From a place on disk to the handler that is there.
'use strict';
const fs = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');
const { inner, exports: { InvalidParameterError } } = load('common');
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
    ? typeof value.prototype?.handle === 'function' || hasField(value)
    : value !== null && typeof value === 'object' && typeof value.handle === 'function';
const text = (value) => Function.prototype.toString.call(value);
const isClass = (value) => typeof value === 'function' && /^class\b/.test(text(value));
const isFunction = (value) => typeof value === 'function' && !isClass(value);

/** `handle = async (input) => …` is a field, which only instances have. */
function hasField(value) {
  if (!isClass(value) || !/\bhandle\s*=/.test(text(value))) return false;
  try {
    return typeof new value().handle === 'function';
  } catch {
    return false;
  }
}

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

/** What a location's handlers say of themselves, and the package around them. */
async function describe(location) {
  const file = location.isPackage ? entry(location.path) : location.path;
  const tasks = await group(file, location);
  const { name, version, description, author, keywords, letrun } = location.isPackage ? manifestOf(location.path) : {};
  const fallback = name ?? path.basename(location.path, path.extname(location.path));
  const wanted = ([key, handler]) => location.task === undefined || same(key ?? handler.name, location.task);
  return {
    name,
    displayName: letrun?.displayName,
    version,
    description,
    author: typeof author === 'object' ? author?.name : author,
    icon: letrun?.icon,
    keywords: Array.isArray(keywords) ? keywords : undefined,
    isGroup: !tasks.has(undefined),
    tasks: [...tasks].filter(wanted).map(([key, handler]) => described(handler, key ?? fallback)),
  };
}

function described(handler, fallback) {
  const schema = (field) => {
    const value = handler[field];
    return inner.isSchema(value) ? value.describe() : (value ?? undefined);
  };
  const { name, displayName, version, description, icon, keywords, author } = handler;
  const text = (value) => (typeof value === 'string' && value !== '' ? value : undefined);
  return {
    name: text(name) ?? fallback,
    displayName: text(displayName),
    version: text(version),
    description: text(description),
    author: text(author),
    icon: text(icon),
    keywords: Array.isArray(keywords) ? keywords : undefined,
    parameters: schema('parameters'),
    output: schema('output'),
  };
}

module.exports = { handlerAt, describe };
