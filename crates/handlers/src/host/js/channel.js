// Frames to and from the program that started this one: four length bytes and JSON, over descriptor 3.
'use strict';
const net = require('net');
const { toError } = load('common').inner;

const socket = new net.Socket({ fd: 3, readable: true, writable: true });
const asked = new Map();
let nextId = 1;

function send(message) {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(text.length, 0);
  socket.cork();
  socket.write(head);
  socket.write(text);
  socket.uncork();
}

/** Asks for something on behalf of a run. */
function want(of, want) {
  const id = nextId++;
  return new Promise((resolve, reject) => {
    asked.set(id, { resolve, reject });
    try {
      send({ type: 'ask', id, of, want });
    } catch (error) {
      asked.delete(id);
      reject(error);
    }
  });
}

function settle({ id, value, error }) {
  const waiting = asked.get(id);
  asked.delete(id);
  if (error) waiting?.reject(toError(error));
  else waiting?.resolve(value);
}

function listen(onMessage, onEnd) {
  let chunks = [];
  let size = 0;
  let needed = 4;
  let isHead = true;
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    while (size >= needed) {
      const all = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size);
      const part = all.subarray(0, needed);
      chunks = [all.subarray(needed)];
      size -= needed;
      if (isHead) needed = part.readUInt32LE(0);
      else {
        needed = 4;
        onMessage(JSON.parse(part.toString()));
      }
      isHead = !isHead;
    }
  });
  socket.on('end', onEnd);
  socket.on('error', onEnd);
}

/** Sends what is left, and then no more. */
function end(then) {
  socket.end(then);
}

module.exports = { send, want, settle, listen, end };
