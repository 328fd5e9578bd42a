import { lockModeNames } from '../../../app/lock-modes/index.ts';
import { killed } from '../context/faults.ts';
import { loadThrough } from '../context/load-through.ts';
import { expect, type Scenario } from './scenario.ts';

export const databaseRestart: Scenario = {
  name: 'database-restart',
  claim: 'What was answered paid is paid, though the database is killed in the middle.',
  source: 'InnoDB, crash recovery: what is committed survives the death of the server',
  fault: 'SIGKILL of MySQL under a load of payments, one for each user; then it is started again',
  // Every user is paid for by one client: what is tested is not who is kept out, but what is lost.
  expected: expect(['held', lockModeNames, 'an answer is given after the commit, and the commit is in the log']),
  users: 400,
  async play(context) {
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
