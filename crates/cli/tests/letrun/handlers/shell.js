// A command as a task, as letrun's own `exec` does it.
import Joi from 'joi';
import { spawn } from 'node:child_process';
import { validateParameters } from '@letrun/common';

const Schema = Joi.object({
  cmd: Joi.string().description('The command to run').required(),
  args: Joi.array().items(Joi.string()).description('Its arguments').optional(),
  timeoutMs: Joi.number().integer().min(0).optional(),
});

export default class ShellTaskHandler {
  name = 'shell';
  description = 'Runs a command';
  version = '1.0.0';
  parameters = Schema.describe();

  async handle({ task, context, session }) {
    const { cmd, args = [], timeoutMs } = validateParameters(task.parameters, Schema);
    context.getLogger().verbose(`Run command: ${cmd} ${args.join(' ')}`);
    return new Promise((resolve, reject) => {
      const child = spawn(cmd, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, signal: session.signal });
      let output = '';
      let errors = '';
      child.stdout.on('data', (data) => (output += data));
      child.stderr.on('data', (data) => (errors += data));
      child.on('error', (error) => reject(new Error(`Failed to start process: ${error.message}`)));
      child.on('close', (code) => {
        if (code !== 0) return reject(new Error(`Process failed with code ${code}: ${errors}`));
        try {
          resolve(JSON.parse(output));
        } catch {
          resolve(output);
        }
      });
    });
  }
}
