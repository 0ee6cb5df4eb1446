import { Parameters, TaskHandler, TaskHandlerInput } from '@letrun/common';
import Joi from 'joi';

/** Says it louder. */
@Parameters(Joi.object({ text: Joi.string().required(), marks: Joi.number().integer().min(0).default(1) }))
export default class Shout implements TaskHandler {
  name = 'shout';

  handle({ task }: TaskHandlerInput): string {
    const { text, marks } = task.parameters;
    return text.toUpperCase() + '!'.repeat(marks);
  }
}
