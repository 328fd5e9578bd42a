import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { LockListener } from '../../app/redis-lock/index.ts';
import { aborted, hold, newKey } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(5);

/** @returns a listener, and what it has been told so far. */
function recordingListener() {
  const told: ({ what: string } & Record<string, unknown>)[] = [];
  const listener: LockListener = {
    onAcquire: (event) => told.push({ what: 'acquire', ...event }),
    onRelease: (event) => told.push({ what: 'release', ...event }),
    onLost: (event) => told.push({ what: 'lost', ...event }),
  };
  return { listener, told };
}
const anyMs = expect.any(Number);

describe.each(pool.kinds)('on $kind, the listener is told', ({ create }) => {
  test('how every acquire ended, after what wait, and every release, after what time', async () => {
    const { listener, told } = recordingListener();
    const [ours, theirs] = [await create({ listener }), await create()];
    const key = newKey();
    const lease = await hold(theirs, key);
    await ours.acquire(key, { waitMs: 50 });
    await lease.release();
    const own = await hold(ours, key);
    await sleep(30);
    await own.release();
    expect(told).toEqual([
      { what: 'acquire', key, outcome: 'busy', waitMs: anyMs, handedOn: false },
      { what: 'acquire', key, outcome: 'acquired', waitMs: anyMs, handedOn: false },
      { what: 'release', key, outcome: 'released', holdMs: anyMs },
    ]);
    // The clocks of the lock start a moment after the test's, and timers may be early by a millisecond.
    expect(told[0]?.waitMs).toBeGreaterThan(40);
    expect(told[2]?.holdMs).toBeGreaterThan(20);
  });

  test('which leases came from another holder in the same process', async () => {
    const { listener, told } = recordingListener();
    const [ours, theirs] = [await create({ listener }), await create()];
    const key = newKey();
    const lease = await hold(theirs, key);
    const turns = [1, 2, 3].map(async () => (await hold(ours, key, { waitMs: 5000 })).release());
    await pool.untilQueued(1);
    await lease.release();
    await Promise.all(turns);
    expect(told.filter(({ what }) => what === 'acquire').map(({ handedOn }) => handedOn)).toEqual([false, true, true]);
  });

  test('why a lease was lost', async () => {
    const { listener, told } = recordingListener();
    const lock = await create({ listener, ttlMs: 400 });
    const [expired, stolen] = [await hold(lock, newKey()), await hold(lock, newKey())];
    for (const observer of pool.observers) await observer.del(stolen.key);
    await stolen.extend();
    await aborted(expired.signal, 2000);
    expect(told.filter(({ what }) => what === 'lost')).toEqual([
      { what: 'lost', key: stolen.key, reason: 'stolen', holdMs: anyMs },
      { what: 'lost', key: expired.key, reason: 'expired', holdMs: anyMs },
    ]);
  });
});
