// Parameters against the schema that a handler declares: converted, and refused with what is wrong.
'use strict';
const Module = require('module');
const { joi } = load('source');
const { inner, exports: { validateParameters } } = load('common');

/** Joi as the handler's file sees it, or the one that comes with the host. */
function joiOf(file) {
  try {
    return Module.createRequire(file)('joi');
  } catch {
    return joi();
  }
}

/** The parameters as the handler wants them. */
function checked(handler, parameters, file) {
  const schema = handler[inner.SCHEMAS]?.parameters ?? handler.parameters;
  if (inner.isSchema(schema)) return validateParameters(parameters, schema);
  if (schema === null || typeof schema !== 'object' || typeof schema.type !== 'string') return parameters;
  return validateParameters(parameters, joiOf(file).build(schema));
}

module.exports = { checked };
