// Waits until it is told to stop.
import { writeFileSync } from 'node:fs';

export default class Patient {
  handle({ task, session }) {
    return new Promise((_, reject) => {
      session.signal.addEventListener('abort', () => {
        writeFileSync(task.parameters.path, 'stopped');
        reject(new Error('Aborted'));
      });
    });
  }
}
