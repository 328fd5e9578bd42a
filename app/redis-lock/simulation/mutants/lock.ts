import { type Mutant, mutantsOf } from './mutant.ts';

const lock = mutantsOf('src/lock.ts', [
  {
    name: 'a grant whose caller has gone is not abandoned',
    find: 'else node.releaseInBackground(lockKeys(grant.key, prefix), grant.id, grant.ttlMs); // the caller has left',
    replace: '',
    equivalent: 'a caller that leaves releases it as well; this is sooner where that was lost',
  },
  {
    name: 'attempts are not notified of their grants',
    find: 'if (attempt) attempt.onGrant(node, grant);\n        else',
    replace: 'if (!attempt)',
  },
  {
    name: 'several nodes mint tokens by their own clocks',
    find: `(clients.length === 1 ? '' : String(Math.round(runtime.wallClock() * 1000)))`,
    replace: `''`,
    equivalent: 'the highest token of the quorum is then confirmed: one request more',
  },
  {
    name: 'an idle local queue is kept',
    find: 'if (localQueues.get(key) === localQueue) localQueues.delete(key);',
    replace: '',
  },
  {
    name: 'a closed lock can be acquired',
    find: `      if (closing) return resolve({ outcome: 'unavailable', cause: new Error('this lock has been closed') });\n`,
    replace: '',
  },
  {
    name: 'a lock can be acquired while its waits are ended',
    find: `        await undefined; // before any wait ends: the listener may call acquire, and this\n`,
    replace: '',
  },
  {
    name: 'an acquire whose signal was aborted before waits',
    find: `      if (signal?.aborted) return resolve({ outcome: 'aborted' });\n`,
    replace: '',
    equivalent: 'its waiter is aborted when it is armed or served',
  },
  {
    name: 'close leaves the keys as they are',
    find: '        await Promise.all([...localQueues.values()].map((localQueue) => localQueue.close()));\n',
    replace: '',
  },
  {
    name: 'close leaves the nodes open',
    find: '        await Promise.all(nodes.map((node) => node.close()));\n',
    replace: '',
  },
]);

const options = mutantsOf('src/options.ts', [
  {
    name: 'no drift',
    find: 'forMs - forMs * driftFactor - 2;',
    replace: 'forMs;',
  },
  {
    name: 'drift without the 2 ms of rounding',
    find: 'forMs - forMs * driftFactor - 2;',
    replace: 'forMs - forMs * driftFactor;',
  },
  {
    name: 'no drift, but 2 ms of rounding',
    find: 'forMs - forMs * driftFactor - 2;',
    replace: 'forMs - 2;',
  },
  {
    name: 'leases are renewed without end',
    find: 'autoExtendForMs: autoExtend ? maxHoldMs : undefined,',
    replace: 'autoExtendForMs: autoExtend ? Number.POSITIVE_INFINITY : undefined,',
  },
]);

export const lockMutants: readonly Mutant[] = [...lock, ...options];
