// A group of tasks, as packages of letrun export them: decorated classes, compiled.
'use strict';
var __decorate = function (decorators, target) {
  for (var i = decorators.length - 1; i >= 0; i--) target = decorators[i](target) || target;
  return target;
};
Object.defineProperty(exports, '__esModule', { value: true });
exports.Lower = exports.Upper = void 0;
const core_1 = require('@letrun/core');
const joi_1 = require('joi');
const Schema = joi_1.object({ text: joi_1.string().required(), times: joi_1.number().default(1) });
let Upper = class Upper {
  async handle({ task }) {
    const { text, times } = (0, core_1.validateParameters)(task.parameters, Schema);
    return text.toUpperCase().repeat(times);
  }
};
exports.Upper = Upper;
exports.Upper = Upper = __decorate([(0, core_1.Name)('upper'), (0, core_1.Parameters)(Schema)], Upper);
let Lower = class Lower {
  handle({ task }) {
    return task.parameters.text.toLowerCase();
  }
};
exports.Lower = Lower;
exports.Lower = Lower = __decorate([(0, core_1.Name)('lower'), (0, core_1.Description)('Lower case')], Lower);
