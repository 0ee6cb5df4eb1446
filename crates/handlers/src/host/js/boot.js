// Runs first, by `node -e`. It asks the program that started it for the rest over descriptor 4, so that nothing needs
// to be written to a disk. It is written for old versions of Node too, to be able to say that one is too old.
'use strict';
var fs = require('fs');
var vm = require('vm');

function ask(question) {
  var text = Buffer.from(JSON.stringify(question));
  var frame = Buffer.alloc(4 + text.length);
  frame.writeUInt32LE(text.length, 0);
  text.copy(frame, 4);
  for (var written = 0; written < frame.length; ) written += fs.writeSync(4, frame, written);
  var length = read(4).readUInt32LE(0);
  return JSON.parse(read(length).toString());
}

function read(length) {
  var buffer = Buffer.alloc(length);
  for (var at = 0; at < length; ) {
    var count = fs.readSync(4, buffer, at, length - at, null);
    if (count === 0) process.exit(0);
    at += count;
  }
  return buffer;
}

var bundle = ask({ type: 'bundle', version: process.versions.node, hooks: Boolean(require('module').register) });
if (bundle.files) {
  var modules = {};
  var load = function (name) {
    if (!modules[name]) {
      modules[name] = { exports: {} };
      var source = '(function (exports, module, require, load, bundle, ask) {' + bundle.files[name] + '\n})';
      var run = vm.runInThisContext(source, { filename: 'segue:' + name });
      run(modules[name].exports, modules[name], require, load, bundle, ask);
    }
    return modules[name].exports;
  };
  // Scripts of `vm` cannot import by themselves.
  bundle.import = function (url) {
    return import(url);
  };
  load('main');
}
