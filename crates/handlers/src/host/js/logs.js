// Who printed what: everything that a handler logs or prints goes to the log of its own attempt.
'use strict';
const { AsyncLocalStorage } = require('async_hooks');
const { Readable } = require('stream');
const { inspect } = require('util');
const channel = load('channel');

const current = new AsyncLocalStorage();
const realExit = process.exit.bind(process);
const LEVELS = ['error', 'warn', 'info', 'verbose', 'debug'];
const MESSAGE_CHARS_MAX = 64 * 1024;

function text(part) {
  if (typeof part === 'string') return part;
  if (part instanceof Error) return part.stack ?? String(part);
  return inspect(part, { depth: 6 });
}

function log(level, parts, id = current.getStore()?.id) {
  let message = parts.map(text).join(' ');
  if (message.length > MESSAGE_CHARS_MAX) message = message.slice(0, MESSAGE_CHARS_MAX) + '…';
  channel.send({ type: 'log', id, level, message });
  tap(level, message);
}

let taps = [];
// A transport that prints would be given what it prints.
let isTapping = false;

/** Gives a line to all transports. */
function tap(level, message) {
  if (isTapping) return;
  isTapping = true;
  try {
    for (const each of taps) each({ level, message, timestamp: new Date().toISOString() }, () => {});
  } finally {
    isTapping = false;
  }
}

/** Has lines go to transports too. */
function tapInto(transports) {
  taps = transports.filter((each) => typeof each?.log === 'function').map((each) => each.log.bind(each));
}

/** A logger as handlers know it. Bound to a run, or to whichever run asks. */
function logger(id) {
  const own = {
    log: (level, ...parts) => {
      if (typeof level === 'object') return own.log(level?.level, level?.message);
      return own[LEVELS.includes(level) ? level : 'info'](...parts);
    },
  };
  for (const level of LEVELS) own[level] = (...parts) => log(level, parts, id ?? current.getStore()?.id);
  own.silly = own.trace = own.debug;
  own.child = () => own;
  return own;
}

function capture(stream, level) {
  const rest = new Map();
  stream.write = (chunk, encoding, callback) => {
    const id = current.getStore()?.id;
    const printed = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const lines = ((rest.get(id) ?? '') + printed).split('\n');
    const last = lines.pop();
    if (last) rest.set(id, last);
    else rest.delete(id);
    for (const line of lines) log(level, [line], id);
    const done = typeof encoding === 'function' ? encoding : callback;
    if (done) process.nextTick(done);
    return true;
  };
  return (id) => {
    const last = rest.get(id);
    rest.delete(id);
    if (last) log(level, [last], id);
  };
}

let flushes = [];

/** Sends what a run printed without an end of line. */
function flush(id) {
  for (const flushOne of flushes) flushOne(id);
}

function install(calls) {
  flushes = [capture(process.stdout, 'info'), capture(process.stderr, 'warn')];
  const nothing = Readable.from([]);
  Object.defineProperty(process, 'stdin', { configurable: true, get: () => nothing });
  process.exit = (code) => {
    const error = new Error(`the handler called process.exit(${code ?? ''})`);
    calls.fail(current.getStore()?.id, error);
    throw error;
  };
  const stray = (error) => {
    const id = current.getStore()?.id;
    if (!calls.fail(id, error)) log('error', [error], id);
  };
  process.on('uncaughtException', stray);
  process.on('unhandledRejection', stray);
}

module.exports = { current, log, logger, flush, tap, tapInto, install, exit: realExit };
