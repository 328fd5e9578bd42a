import type { LevelId } from '../../state/scheduler/levels.ts';

interface LevelText {
  readonly title: string;
  readonly hint: string;
  /** Why the guard broke or holds. */
  readonly why: string;
  /** What it takes to break a guard that no order of the turns breaks, by the fault matrix of the lock modes. */
  readonly takes?: string;
}

const tryThatOrder = 'Play the order that broke “No guard”, and look at who is refused, and when.';
const blockedHint =
  'Have the cancel come while the pay is held, and wait: its lease is renewed for as long as you hold it.';
const pausedHolder =
  'A process that is paused between the check of its lease and its write, for longer than the lease (paused-holder). You cannot pause there; npm run fault-test does.';
const wrongKey = 'a pay and a cancel of different amounts, whose locks have different names (wrong-key)';
const otherGuard =
  'A request beside it that goes by another guard, or by none: npm run fault-test tries that (mixed-fleet).';

export const levelTexts: Readonly<Record<LevelId, LevelText>> = {
  none: {
    title: 'No guard',
    hint: 'The cancel must read after the charge, and the writes must be decided on the same read.',
    why: 'Nothing checks that what a request has read is still true when it writes.',
  },
  memory: {
    title: 'Mutex, two instances',
    hint: 'A mutex is in one process. Each request is sent to an instance of its own: does anything keep them apart?',
    why: 'Each instance has a mutex of its own. Neither request waits for the other.',
  },
  'memory-one': {
    title: 'Mutex, one instance',
    hint: 'Both requests are sent to the same instance. Play the order that broke two of them.',
    why: 'Both requests meet the same mutex: the second one waits in the process.',
    takes: 'A second instance: the level before.',
  },
  conditional: {
    title: 'Conditional write',
    hint: 'The write checks that the flag is as it was read. Which write leaves the flag as it was?',
    why: 'The cancel wrote “unpaid” over “unpaid”. The pay found the flag as it had read it, and did not see that its charge was refunded.',
  },
  naive: {
    title: 'SET NX and DEL',
    hint: 'Its key is not renewed. Have the pay charge, let the cancel wait, and wait with it: the key expires after LOCK_TTL_MS, by default 10 s. Then let the cancel finish first.',
    why: 'The key expired under the pay, the cancel was admitted, and nothing checks at the write that the lock is still held.',
  },
  redis: {
    title: 'Redis lock',
    hint: blockedHint,
    why: 'The cancel waits until the pay has written. A held request renews its lease, and a request whose lease is lost does not write.',
    takes: `${pausedHolder} Also a Redis that fails over (failover), and ${wrongKey}.`,
  },
  redlock: {
    title: 'Redlock',
    hint: blockedHint,
    why: 'As the Redis lock, on a majority of five servers: two of them may be lost.',
    takes: `${pausedHolder} Also a server that restarts empty (node-restarts-empty) or whose clock jumps (clock-jump), and ${wrongKey}.`,
  },
  named: {
    title: 'GET_LOCK',
    hint: blockedHint,
    why: 'The lock belongs to the connection that reads and writes. It has no TTL: it ends with the connection, and then nothing can be written.',
    takes: `${otherGuard} Also ${wrongKey}.`,
  },
  row: {
    title: 'Row lock',
    hint: blockedHint,
    why: 'The database blocks other requests from the read to the commit. Lock and transaction end together.',
    takes: otherGuard,
  },
  serializable: {
    title: 'SERIALIZABLE',
    hint: tryThatOrder,
    why: 'Both may read, but a write waits for the other transaction. If both wait, the database ends one, and its request starts again.',
    takes: otherGuard,
  },
  version: {
    title: 'Optimistic',
    hint: tryThatOrder,
    why: 'No request waits. A write over a version that its request has not read is refused: the request undoes its charge and starts again.',
    takes: otherGuard,
  },
  fenced: {
    title: 'Fencing token',
    hint: 'Nothing here breaks it, nor does a pause. Try.',
    why: 'The lock keeps requests apart, and the row decides: it takes a write only with the newest token that has read. A holder that was paused at any moment, even past its lease, has an older one.',
    takes: otherGuard,
  },
};
