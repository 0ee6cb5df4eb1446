// How `import` finds and reads modules. Runs on the thread that Node keeps for it.
'use strict';
const fs = require('fs');
const path = require('path');
const { fileURLToPath, pathToFileURL } = require('url');
const source = load('source');

const SHIMS = ['@letrun/core', '@letrun/common'];
const IMPORTS = /(?:import|export)\s*(?:[\w$]+\s*,\s*)?\{([^}]*)\}\s*from\s*['"](@letrun\/(?:core|common))['"]/g;
// What the vendored joi exports.
const JOI = (
  '_types alternatives any array boolean date function link number object string symbol binary allow custom disallow equal ' +
  'exist forbidden invalid not only optional options prefs preferences required strip valid when ValidationError version ' +
  'cache assert attempt build checkPreferences compile defaults expression extend isError isExpression isRef isSchema in ' +
  'override ref types alt bool func x trace untrace'
).split(' ');
// Names that a module imports from a shim which the shim may not have: interfaces are types, until they are compiled.
const wanted = new Map();

function remember(url, text) {
  const names = new Set();
  for (const [, list] of text.matchAll(IMPORTS)) {
    for (const item of list.split(',')) {
      const name = item.trim().replace(/^type\s+/, '').split(/\s+as\s+/)[0];
      if (/^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default') names.add(name);
    }
  }
  if (names.size > 0) wanted.set(url, [...names]);
}

/** Goes on with `recover` if `first` fails, whether it answers now or later. */
function either(first, recover) {
  try {
    const result = first();
    return typeof result?.then === 'function' ? result.then(undefined, recover) : result;
  } catch (error) {
    return recover(error);
  }
}

// Where hooks are asked for `require` too, that has its own ways.
const isRequired = (context) => context.conditions?.includes('require');

function resolve(specifier, context, next) {
  if (isRequired(context)) return next(specifier, context);
  if (SHIMS.includes(specifier)) {
    const names = wanted.get(context.parentURL) ?? [];
    return { url: `segue:${specifier}?${names.join(',')}`, format: 'module', shortCircuit: true };
  }
  if (specifier.startsWith('segue:')) return { url: specifier, format: 'module', shortCircuit: true };
  return either(() => next(specifier, context), (error) => {
    if (specifier === 'joi') return { url: 'segue:joi', format: 'module', shortCircuit: true };
    const file = fileOf(specifier, context.parentURL);
    const other = file && source.alternatives(file);
    if (!other) throw error;
    return { url: pathToFileURL(other).href, shortCircuit: true };
  });
}

function fileOf(specifier, parent) {
  if (specifier.startsWith('file:')) return fileURLToPath(specifier);
  if (path.isAbsolute(specifier)) return specifier;
  if (!/^\.\.?(?:\/|$)/.test(specifier) || !parent?.startsWith('file:')) return undefined;
  return path.resolve(path.dirname(fileURLToPath(parent)), specifier);
}

function loadModule(url, context, next) {
  if (isRequired(context)) return next(url, context);
  if (url.startsWith('segue:')) return { format: 'module', source: shim(url.slice(6)), shortCircuit: true };
  if (!url.startsWith('file:')) return next(url, context);
  const file = fileURLToPath(url);
  if (path.extname(file) === '.json') {
    const text = fs.readFileSync(file, 'utf8');
    return { format: 'module', source: `export default ${text}`, shortCircuit: true };
  }
  if (!source.SCRIPTS.includes(path.extname(file))) return next(url, context);
  const { text, format } = source.read(file);
  if (format === 'commonjs') return { format, source: null, shortCircuit: true };
  remember(url, text);
  return { format, source: text, shortCircuit: true };
}

/** A module that hands out what the main thread has. */
function shim(specifier) {
  const [name, extra] = specifier.split('?');
  const known = name === 'joi' ? JOI : bundle.names;
  const names = new Set([...known, ...(extra ? extra.split(',') : [])]);
  const exported = [...names].filter((each) => /^[A-Za-z_$][\w$]*$/.test(each) && each !== 'default');
  const list = exported.map((each, at) => `const v${at} = shim[${JSON.stringify(each)}] ?? class {}; export { v${at} as ${each} };`);
  return `const shim = globalThis[Symbol.for('segue.shim')](${JSON.stringify(name)});\n${list.join('\n')}\nexport default shim;`;
}

module.exports = { resolve, load: loadModule };
