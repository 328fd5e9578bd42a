import { setTimeout as sleep } from 'node:timers/promises';
import { withResolvers } from '../../../app/testing/with-resolvers.ts';
import { type Fault, killed, switchedOver } from '../context/faults.ts';
import { loadThrough } from '../context/load-through.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import { longestSilenceMs } from '../evidence/load-result.ts';
import { Inconclusive } from '../verdict.ts';
import type { Scenario } from './scenario.ts';

/** A busy machine may take longer than the load before the fault. */
const firstPaymentWithinMs = 5000;

/**
 * One client per user: these test durability, not mutual exclusion.
 *
 * @throws {Inconclusive} if no payment was answered before the fault: none could have been lost.
 */
async function payThrough(
  context: ScenarioContext,
  { fault, ...spans }: { readonly fault: Fault; readonly lastsMs: number; readonly afterMs: number },
): Promise<void> {
  let isPaidBefore = false;
  const paid = withResolvers();
  const inject = async () => {
    isPaidBefore = await Promise.race([paid.promise.then(() => true), sleep(firstPaymentWithinMs, false)]);
    await fault.inject();
  };
  const load = await loadThrough(context, {
    ...spans,
    fault: { ...fault, inject },
    judged: 'afterwards',
    isContended: false,
    async drive(recorder, users, isOver) {
      const queue = [...users];
      const client = async () => {
        for (let user = queue.shift(); user && !isOver(); user = queue.shift()) {
          let answer = await recorder.call(user, 'pay');
          while (answer === 'refused' && !isOver()) answer = await recorder.call(user, 'pay');
          if (answer === 'paid') paid.resolve();
        }
      };
      await Promise.all(Array.from({ length: 8 }, client));
    },
  });
  context.note('unavailableMs', longestSilenceMs(load));
  if (!isPaidBefore) throw new Inconclusive('no payment was answered before the fault');
}

export const databaseRestart: Scenario = {
  name: 'database-restart',
  claim: 'A payment that was answered paid survives a crash of the database.',
  source: 'InnoDB, crash recovery: committed transactions survive a crash',
  fault: 'SIGKILL of MySQL under a load of payments, one per user; then a restart',
  users: 1000,
  run: (context) => payThrough(context, { fault: killed(context.stack.mysql), lastsMs: 300, afterMs: 1500 }),
};

export const databaseSwitchover: Scenario = {
  name: 'database-switchover',
  claim: 'A planned switch of the primary loses no payment that was answered, and needs no restart of the service.',
  source:
    'MySQL and MariaDB, replication by GTID: a read-only primary whose replica has all of its writes can be replaced',
  fault:
    'under a load of payments, one per user: the primary takes no more writes, its replica is promoted, and its address leads to the new one; then back, while the old connections stay',
  users: 2000,
  instances: () => ({ database: 'movable' }),
  async run(context) {
    const { stack, proxies } = context;
    const fault = switchedOver(stack.mysql, await stack.replica(), proxies.everyMysql);
    await payThrough(context, { fault, lastsMs: 1000, afterMs: 1000 });
  },
};
