// Fails in the way that it is told to, and counts how often.
const fs = require('fs');
const errors = require('@letrun/common');

module.exports = {
  default: class Refusing {
    handle({ task }) {
      const { kind, count } = task.parameters;
      fs.appendFileSync(count, 'x');
      throw new (errors[kind] ?? Error)(`it is ${kind}`);
    }
  },
};
