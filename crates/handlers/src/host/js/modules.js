// Makes `import` and `require` take TypeScript, files whose kind only their text tells, and the modules of letrun.
'use strict';
const Module = require('module');
const path = require('path');
const source = load('source');
const helpers = load('core').helpers;

const SHIMS = { '@letrun/core': () => load('core').exports, '@letrun/common': () => load('core').exports, joi: source.joi };

// From this version on, hooks run on the main thread; before, it is not how they are meant to be used.
const SYNCHRONOUS = 26;

// Runs on another thread, which has nothing of this one.
function thread() {
  let hooks;
  return {
    initialize({ files, lock, names, require }) {
      const fs = require('fs');
      const vm = require('vm');
      const read = (length) => {
        const buffer = Buffer.alloc(length);
        for (let at = 0; at < length; ) {
          const count = fs.readSync(4, buffer, at, length - at, null);
          if (count === 0) throw new Error('the host has ended');
          at += count;
        }
        return buffer;
      };
      const ask = (question) => {
        const text = Buffer.from(JSON.stringify(question));
        const frame = Buffer.alloc(4 + text.length);
        frame.writeUInt32LE(text.length, 0);
        text.copy(frame, 4);
        for (let written = 0; written < frame.length; ) written += fs.writeSync(4, frame, written);
        return JSON.parse(read(read(4).readUInt32LE(0)).toString());
      };
      const modules = {};
      const load = (name) => {
        if (!modules[name]) {
          modules[name] = { exports: {} };
          const text = `(function (exports, module, require, load, bundle, ask) {${files[name]}\n})`;
          const run = vm.runInThisContext(text, { filename: `segue:${name}` });
          run(modules[name].exports, modules[name], require, load, { lock, names }, ask);
        }
        return modules[name].exports;
      };
      hooks = load('hooks');
    },
    resolve: (...values) => hooks.resolve(...values),
    load: (...values) => hooks.load(...values),
  };
}

const THREAD = `import { createRequire } from 'node:module';
const require = createRequire('file:///');
const hooks = (${thread})();
export const initialize = (data) => hooks.initialize({ ...data, require });
export const resolve = hooks.resolve;
export const load = hooks.load;`;

function install() {
  globalThis[Symbol.for('segue.shim')] = (name) => SHIMS[name]();
  globalThis.babelHelpers = helpers;
  process.setSourceMapsEnabled?.(true);
  installRequire();
  bundle.names = Object.keys(load('core').exports);
  installImport();
}

function installImport() {
  const { files, lock, names, loader } = bundle;
  if (loader) globalThis[Symbol.for('segue.hooks')] = load('hooks');
  else if (Module.registerHooks && parseInt(process.versions.node) >= SYNCHRONOUS) Module.registerHooks(load('hooks'));
  else Module.register(`data:text/javascript,${encodeURIComponent(THREAD)}`, { data: { files, lock, names } });
}

function installRequire() {
  const loadReal = Module._load;
  Module._load = function (request, parent, isMain) {
    if (request.startsWith('@letrun/') && SHIMS[request]) return SHIMS[request]();
    if (request !== 'joi') return loadReal.call(this, request, parent, isMain);
    try {
      return loadReal.call(this, request, parent, isMain);
    } catch (error) {
      if (error.code === 'MODULE_NOT_FOUND') return SHIMS.joi();
      throw error;
    }
  };
  const resolveReal = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, ...rest) {
    try {
      return resolveReal.call(this, request, parent, ...rest);
    } catch (error) {
      const isFile = /^\.\.?(?:\/|$)/.test(request) || path.isAbsolute(request);
      const folder = parent?.filename ? path.dirname(parent.filename) : process.cwd();
      const other = isFile && source.alternatives(path.resolve(folder, request));
      if (other) return other;
      throw error;
    }
  };
  const real = Module._extensions['.js'];
  for (const extension of ['.js', ...source.TYPESCRIPT]) {
    Module._extensions[extension] = (module, file) => {
      const { text, format } = source.read(file);
      if (format === 'commonjs') return module._compile(text, file);
      if (extension === '.js') return real(module, file);
      throw new Error(`${file} is an ES module: import it instead of requiring it`);
    };
  }
}

module.exports = { install };
