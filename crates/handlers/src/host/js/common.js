// `@letrun/common`: errors, decorators, and how parameters are validated.
'use strict';

class LetrunError extends Error {
  constructor(message, options) {
    super(message, options);
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true, writable: true });
  }
}
class InvalidParameterError extends LetrunError {}
class IllegalStateError extends LetrunError {}
class ConfigNotFoundError extends LetrunError {}
class RerunError extends LetrunError {}
class InterruptInvokeError extends LetrunError {
  constructor(message, result) {
    super(message);
    this.result = result;
  }
}
const errors = { InvalidParameterError, IllegalStateError, ConfigNotFoundError, RerunError, InterruptInvokeError };

/** A thrown value as it travels. */
function fromError(error) {
  if (error === null || typeof error !== 'object') return { name: 'Error', message: String(error) };
  const stack = typeof error.stack === 'string' ? error.stack : undefined;
  let message = String(error.message ?? error);
  for (let cause = error.cause, levels = 0; cause && levels < 5; cause = cause.cause, levels++) {
    const text = String(cause.message ?? cause);
    if (!message.includes(text)) message += `: ${text}`;
  }
  return { name: String(error.name ?? error.constructor?.name ?? 'Error'), message, stack };
}

/** An error that came from elsewhere, in its own class again. */
function toError({ name, message, stack }) {
  const error = errors[name] ? new errors[name](message) : new Error(message);
  if (error.name !== name) error.name = name;
  if (stack) error.stack = stack;
  return error;
}

const isSchema = (value) => typeof value?.validate === 'function' && typeof value?.describe === 'function';
const SCHEMAS = Symbol('segue.schemas');

// As TypeScript calls them, and as the language will: both give the class first.
const decorator = (field, convert = (value) => value) =>
  (...values) =>
    (target) => {
      Object.defineProperty(target.prototype, field, { value: convert(...values), configurable: true, writable: true, enumerable: true });
    };
const described = (field) => (schema) => (target) => {
  const value = isSchema(schema) ? schema.describe() : schema;
  Object.defineProperty(target.prototype, field, { value, configurable: true, writable: true, enumerable: true });
  if (isSchema(schema)) target.prototype[SCHEMAS] = { ...target.prototype[SCHEMAS], [field]: schema };
};

function validateParameters(parameters, schema) {
  const { value, error } = schema.validate(parameters ?? {});
  if (error) throw new InvalidParameterError(`Invalid parameters: ${error.message}`);
  return value;
}

module.exports = {
  inner: { fromError, toError, isSchema, SCHEMAS },
  exports: {
    ...errors,
    Name: decorator('name'),
    DisplayName: decorator('displayName'),
    Version: decorator('version'),
    Description: decorator('description'),
    Icon: decorator('icon'),
    Keywords: decorator('keywords', (...words) => words.flat()),
    Author: decorator('author'),
    Parameters: described('parameters'),
    Output: described('output'),
    validateParameters,
  },
};
