import { describe, expect } from 'vitest';
import { kinds, leaseOf, type Rig, withRig } from '../simulation/rig.ts';
import { maxToken } from '../src/options.ts';
import type { DistributedLock } from '../src/types.ts';
import { test } from './rig-test.ts';

/** Acquires and releases while others do. @returns the token. */
async function turn(lock: DistributedLock): Promise<bigint> {
  const lease = leaseOf(await lock.acquire('k', { waitMs: 1000 }));
  await lease.release();
  return lease.token;
}

/** Acquires and releases. @returns the token. */
async function tokenOf(rig: Rig, lock: DistributedLock, key = 'k'): Promise<bigint> {
  const lease = await rig.hold(lock, key, { waitMs: 3000 });
  await rig.until(lease.release());
  return lease.token;
}

const hourMs = 3_600_000;

describe.each(kinds)('tokens on $kind', ({ servers }) => {
  test.override('rigOptions', { servers });

  test('increase with every grant, to any process', async ({ rig, ours, theirs }) => {
    let last = 0n;
    for (const lock of [ours, ours, theirs, ours, theirs, theirs]) {
      const token = await tokenOf(rig, lock);
      expect(token).toBeGreaterThan(last);
      last = token;
    }
  });

  test('increase by one from holder to holder within a process', async ({ rig, lock }) => {
    const [first = 0n, ...rest] = await rig.until(Promise.all([1, 2, 3, 4].map(() => turn(lock))));
    expect(rest).toEqual([first + 1n, first + 2n, first + 3n]);
    expect(rig.ran.filter(({ verb }) => verb === 'acquire')).toHaveLength(servers);
  });

  test.for([1n, 1_000_000n, 2n ** 52n])('exceed a minToken that is %s ahead', async (more, { rig, lock }) => {
    const minToken = (await tokenOf(rig, lock)) + more;
    const lease = await rig.hold(lock, 'k', { minToken });
    expect(lease.token).toBeGreaterThan(minToken);
    await rig.until(lease.release());
    expect(await tokenOf(rig, lock)).toBeGreaterThan(lease.token);
  });

  test('increase from holder to holder also 100 grants after the highest minToken', async ({ rig, lock }) => {
    const lease = await rig.hold(lock, 'k', { minToken: maxToken - 1n });
    await rig.until(lease.release());
    for (let grants = 0; grants < 100; grants++) await tokenOf(rig, lock);
    const [first = 0n, second] = await rig.until(Promise.all([turn(lock), turn(lock)]));
    expect(second).toBe(first + 1n);
  });

  test('increase after every Redis has lost its data', async ({ rig, lock }) => {
    const before = await tokenOf(rig, lock);
    rig.call('FLUSHALL');
    expect(await tokenOf(rig, lock)).toBeGreaterThan(before);
  });

  test('are kept until a minute after the clock has passed them', async ({ rig, lock }) => {
    const first = await tokenOf(rig, lock);
    for (const aheadMs of [0, 1000, 600_000]) {
      const lease = await rig.hold(lock, 'k', { minToken: first + BigInt(aheadMs) * 1000n });
      await rig.until(lease.release());
      const aheadNowMs = (Number(lease.token) - rig.server().nowMicros()) / 1000;
      expect(rig.pttl('{k}:fence')).toBeGreaterThan(Math.max(0, aheadNowMs) + 59_900);
    }
  });

  test('increase after a minute without a grant, an hour ahead of the clock by minToken', async ({ rig, lock }) => {
    const minToken = (await tokenOf(rig, lock)) + BigInt(hourMs) * 1000n;
    await rig.until((await rig.hold(lock, 'k', { minToken })).release());
    const before = await tokenOf(rig, lock);
    expect(before).toBeGreaterThan(minToken);
    await rig.pass(61_000);
    expect(await tokenOf(rig, lock)).toBeGreaterThan(before);
  });

  test.for([-hourMs, hourMs])('increase with one wall clock %i ms off', async (wallClockOffsetMs, { rig }) => {
    const [wrong, right] = [await rig.join({ wallClockOffsetMs }), await rig.join()];
    let last = 0n;
    // The pauses let Redis forget the last token; the next one must still be greater.
    for (const [{ lock }, pauseMs] of [
      [right, 0],
      [wrong, 0],
      [right, 0],
      [wrong, 61_000],
      [right, 61_000],
      [wrong, 61_000],
      [right, 0],
    ] as const) {
      await rig.pass(pauseMs);
      const token = await tokenOf(rig, lock);
      expect(token).toBeGreaterThan(last);
      last = token;
    }
  });

  test('increase after the wall clock of a process jumps back', async ({ rig }) => {
    const { process, lock } = await rig.join();
    const before = await tokenOf(rig, lock);
    process.jump(-hourMs);
    await rig.pass(61_000);
    expect(await tokenOf(rig, lock)).toBeGreaterThan(before);
  });
});

test('tokens of one Redis increase after it has lost its data, by its clock and not by that of a process', () =>
  withRig({}, async (rig) => {
    const [ahead, right] = [await rig.join({ wallClockOffsetMs: 20_000 }), await rig.join()];
    const before = await tokenOf(rig, ahead.lock);
    rig.call('FLUSHALL');
    expect(await tokenOf(rig, right.lock)).toBeGreaterThan(before);
  }));

describe('tokens of several nodes', () => {
  test.override('rigOptions', { servers: 5 });

  test.each([3, 5])('increase after a hold and a wait of 61 s, on %i nodes', (servers) =>
    withRig({ servers }, async (rig) => {
      const [a, b] = await rig.joinAll(2, { autoExtend: true, maxHoldMs: 3 * 61_000 });
      const held = await rig.hold(b, 'k');
      const waiting = a.acquire('k', { waitMs: 120_000 });
      await rig.pass(61_000);
      expect(held.signal.aborted).toBe(false);
      await rig.until(held.release());
      expect(leaseOf(await rig.until(waiting)).token).toBeGreaterThan(held.token);
    }),
  );

  test('increase under any sequence of majorities', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { nodeTimeoutMs: 100 });
    let last = 0n;
    // Each pair of these majorities has one node in common at least, which remembers.
    for (const away of [[], [0, 1], [2, 3], [4, 0], [1, 2], [3, 4]]) {
      rig.freeze(away);
      const token = await tokenOf(rig, lock);
      expect(token).toBeGreaterThan(last);
      last = token;
      rig.thaw(away);
      await rig.pass(500);
    }
  });

  test('increase with one majority far ahead, under changing majorities', async ({ rig }) => {
    const first = await rig.join({ reaches: [0, 1, 2] });
    const named = await tokenOf(rig, first.lock, 'other');
    const ahead = await rig.hold(first.lock, 'k', { minToken: named + 10_000_000_000n });
    await rig.until(ahead.release());
    let last = ahead.token;
    for (const reaches of [
      [2, 3, 4],
      [0, 3, 4],
      [1, 3, 4],
      [0, 1, 3],
      [0, 2, 4],
      [1, 2, 3],
      [0, 1, 4],
      [2, 3, 4],
    ]) {
      const token = await tokenOf(rig, (await rig.join({ reaches })).lock);
      expect(token, `granted by the nodes ${reaches}`).toBeGreaterThan(last);
      last = token;
    }
  });
});

describe('tokens of one Redis', () => {
  test.for([1, 5, 30_000, 59_000])('increase %i ms after failover, 3 grants behind', async (laterMs, { rig, lock }) => {
    // All in the same moment, as far as the clock goes: each is further ahead of the clock.
    const tokens: bigint[] = [];
    for (let grants = 0; grants < 5; grants++) tokens.push(await tokenOf(rig, lock));
    rig.failOver(0, 2 * 3); // a grant and a release each
    rig.cut('commands');
    await rig.pass(laterMs + 100);
    const last = tokens.at(-1) ?? 0n;
    expect(await tokenOf(rig, lock)).toBeGreaterThan(last);
  });

  test.for([1, 30_000, 59_000])('increase %i ms after restart from an older state', async (laterMs, { rig, lock }) => {
    const tokens: bigint[] = [];
    for (let grants = 0; grants < 5; grants++) tokens.push(await tokenOf(rig, lock));
    rig.stop(0);
    await rig.pass(laterMs);
    rig.server().restart(2 * 3);
    await rig.pass(1000);
    const last = tokens.at(-1) ?? 0n;
    expect(await tokenOf(rig, lock)).toBeGreaterThan(last);
  });

  test('increase although a paused waiter is granted the same lock twice', async ({ rig }) => {
    const delaysMs = [0.5];
    const [[holder, rival], waiter] = [
      await rig.joinAll(2),
      await rig.join({ ttlMs: 1000, nodeTimeoutMs: 2000, delaysMs }),
    ];
    await rig.hold(holder, 'k');
    const waiting = waiter.lock.acquire('k', { waitMs: 10_000 }).then(leaseOf);
    await rig.pass(5);
    const [id] = rig.queue('k');
    rig.call('DEL', 'k');
    // Each offer makes it ask. The second request arrives after the TTL of the grant that the first one has got.
    for (const delayMs of [1, 1100]) {
      delaysMs[0] = 0.3;
      rig.call('PUBLISH', `redis-lock:${waiter.prefix}`, `${id} ${rig.server().nowMicros() + 1e6} 500 k`);
      await rig.pass(0.2);
      delaysMs[0] = delayMs;
      await rig.pass(0.3);
    }
    delaysMs[0] = 600; // so does the answer to the first: so late that the lock is extended before it is used
    await rig.pass(1);
    expect(rig.holders('k')).toEqual([id]);
    delaysMs[0] = 0.5;
    await rig.pass(975);
    waiter.process.pause();
    const theirs = await rig.hold(rival, 'k', { waitMs: 100 });
    await rig.until(theirs.release());
    await rig.pass(100);
    expect(rig.holders('k')).toEqual([id]); // again
    waiter.process.resume();
    expect((await rig.until(waiting)).token).toBeGreaterThan(theirs.token);
  });
});
