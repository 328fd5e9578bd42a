import { type Mutant, mutantsOf } from './mutant.ts';

const lock = mutantsOf('src/lock.ts', {
  'a grant whose caller has gone is not abandoned': [
    'else node.releaseInBackground(lockKeys(grant.key, prefix), grant.id, grant.ttlMs); // the caller has left',
    '',
    'a caller that leaves releases it as well; this is sooner where that was lost',
  ],
  'attempts are not notified of their grants': [
    'if (attempt) attempt.onGrant(node, grant);\n        else',
    'if (!attempt)',
  ],
  'several nodes mint tokens by their own clocks': [
    `(clients.length === 1 ? '' : String(Math.round(runtime.wallClock() * 1000)))`,
    `''`,
    'the highest token of the quorum is then confirmed: one request more',
  ],
  'an idle local queue is kept': ['if (localQueues.get(key) === localQueue) localQueues.delete(key);', ''],
  'a closed lock can be acquired': [
    `      if (closing) return resolve({ outcome: 'unavailable', cause: new Error('this lock has been closed') });\n`,
    '',
  ],
  'a lock can be acquired while its waits are ended': [
    `        await undefined; // before any wait ends: the listener may call acquire, and this\n`,
    '',
  ],
  'an acquire whose signal was aborted before waits': [
    `      if (signal?.aborted) return resolve({ outcome: 'aborted' });\n`,
    '',
    'its waiter is aborted when it is armed or served',
  ],
  'close leaves the keys as they are': [
    '        await Promise.all([...localQueues.values()].map((localQueue) => localQueue.close()));\n',
    '',
  ],
  'close leaves the nodes open': ['        await Promise.all(nodes.map((node) => node.close()));\n', ''],
});

const options = mutantsOf('src/options.ts', {
  'no drift': ['forMs - forMs * driftFactor - 2;', 'forMs;'],
  'drift without the 2 ms of rounding': ['forMs - forMs * driftFactor - 2;', 'forMs - forMs * driftFactor;'],
  'no drift, but 2 ms of rounding': ['forMs - forMs * driftFactor - 2;', 'forMs - 2;'],
  'leases are renewed without end': [
    'autoExtendForMs: autoExtend ? maxHoldMs : undefined,',
    'autoExtendForMs: autoExtend ? Number.POSITIVE_INFINITY : undefined,',
  ],
});

export const lockMutants: readonly Mutant[] = [...lock, ...options];
