import { AbstractPlugin, TASK_INVOKER_PLUGIN, TaskInvoker } from '@letrun/core';
import { TaskHandlerInput, TaskHandlerOutput, InvalidParameterError } from '@letrun/common';
import path from 'node:path';
import fs from 'fs';

export default class CustomTaskInvoker extends AbstractPlugin implements TaskInvoker {
  readonly name = 'custom';
  readonly type = TASK_INVOKER_PLUGIN;

  async invoke(input: TaskHandlerInput): Promise<TaskHandlerOutput> {
    const {
      task,
      session: { systemTasks },
      context,
    } = input;
    if (systemTasks[task.taskDef.handler]) {
      return await systemTasks[task.taskDef.handler]?.handle(input);
    }
    throw new Error("We don't support external task handlers yet ;)");
  }
}
