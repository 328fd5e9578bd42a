import { killed } from '../context/faults.ts';
import { loadThrough } from '../context/load-through.ts';
import type { Scenario } from './scenario.ts';

export const databaseRestart: Scenario = {
  name: 'database-restart',
  claim: 'A payment that was answered paid survives a crash of the database.',
  source: 'InnoDB, crash recovery: committed transactions survive a crash',
  fault: 'SIGKILL of MySQL under a load of payments, one per user; then a restart',
  // One client per user: this tests durability, not mutual exclusion.
  users: 400,
  async run(context) {
    await loadThrough(context, {
      fault: killed(context.stack.mysql),
      lastsMs: 300,
      judged: 'throughout',
      async drive(recorder, users, isOver) {
        const queue = [...users];
        const client = async () => {
          for (let user = queue.shift(); user && !isOver(); user = queue.shift()) {
            while ((await recorder.call(user, 'pay')) === 'refused' && !isOver());
          }
        };
        await Promise.all(Array.from({ length: 8 }, client));
      },
    });
  },
};
