// What a file of code is. It is decided by its text as much as by its name, since handlers come as single files
// without a package around them. Used by the loader of modules on its own thread, and by `require`.
'use strict';
const fs = require('fs');
const path = require('path');
const vm = require('vm');

const TYPESCRIPT = ['.ts', '.mts', '.cts', '.tsx'];
const SCRIPTS = ['.js', '.mjs', '.cjs', ...TYPESCRIPT];
const ONLY_IN_MODULES =
  /import statement outside a module|Unexpected token 'export'|import\.meta|await is only valid|'(?:require|module|exports|__filename|__dirname)' has already been declared/;
const USES_COMMONJS = /\b(?:module\.exports|exports\.[\w$]+\s*=|exports\[|require\s*\()/;

const lock = bundle.lock ?? (bundle.lock = new Int32Array(new SharedArrayBuffer(4)));

/** Both threads have one line to the program. */
function askInTurn(question) {
  while (Atomics.compareExchange(lock, 0, 0, 1) !== 0) Atomics.wait(lock, 0, 1);
  try {
    return ask(question);
  } finally {
    Atomics.store(lock, 0, 0);
    Atomics.notify(lock, 0, 1);
  }
}

const types = new Map();

/** The `type` of the nearest package.json. */
function packageType(folder) {
  if (types.has(folder)) return types.get(folder);
  let type;
  try {
    type = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).type ?? 'none';
  } catch {
    const parent = path.dirname(folder);
    type = parent === folder || path.basename(folder) === 'node_modules' ? 'none' : packageType(parent);
  }
  types.set(folder, type);
  return type;
}

const MAY_BE_MODULE = /\b(?:import|export|await)\b/;

function hasModuleSyntax(text) {
  if (!MAY_BE_MODULE.test(text)) return false;
  try {
    new vm.Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`);
    return false;
  } catch (error) {
    return ONLY_IN_MODULES.test(error.message);
  }
}

/** The text of a file as it can be run, and whether that is as a `module` or as `commonjs`. */
function read(file) {
  let text = fs.readFileSync(file, 'utf8');
  const extension = path.extname(file);
  if (text.startsWith('#!')) text = `//${text}`;
  if (TYPESCRIPT.includes(extension)) {
    const { code, error } = askInTurn({ type: 'transpile', path: file, text });
    if (error !== undefined) throw new SyntaxError(error);
    return { text: code, format: format(code, packageType(path.dirname(file))) };
  }
  if (extension === '.mjs') return { text, format: 'module' };
  if (extension === '.cjs') return { text, format: 'commonjs' };
  return { text, format: format(text, packageType(path.dirname(file))) };
}

function format(text, type) {
  if (hasModuleSyntax(text)) return 'module';
  return type === 'module' && !USES_COMMONJS.test(text) ? 'module' : 'commonjs';
}

/** Other files that an import may mean: without extension, or under the name that it gets when it is compiled. */
function alternatives(file) {
  const extension = path.extname(file);
  const stem = file.slice(0, file.length - extension.length);
  const compiled = { '.js': ['.ts', '.tsx'], '.mjs': ['.mts'], '.cjs': ['.cts'] }[extension] ?? [];
  const all = compiled.map((other) => stem + other);
  const bare = [...SCRIPTS, '.json'];
  all.push(...bare.map((other) => file + other), ...bare.map((other) => path.join(file, `index${other}`)));
  return all.find((candidate) => fs.statSync(candidate, { throwIfNoEntry: false })?.isFile());
}

/** The joi that comes with the host, for projects that have none. */
function joi() {
  bundle.files.joi ??= askInTurn({ type: 'joi' }).code;
  return load('joi');
}

module.exports = { askInTurn, SCRIPTS, TYPESCRIPT, read, alternatives, joi };
