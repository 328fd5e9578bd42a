import { describe, expect } from 'vitest';
import { kinds, leaseOf, type Rig } from '../simulation/rig.ts';
import type { Lease } from '../src/types.ts';
import { test } from './rig-test.ts';

const options = { fencing: false };
const verbs = (rig: Rig) => rig.ran.map(({ verb }) => verb);

describe.each(kinds)('a lock without fencing, on $kind', ({ servers }) => {
  test.override('rigOptions', { servers });

  const onEach = (verb: string): string[] => Array(servers).fill(verb);

  test('takes a free lock by one SET, and leaves no fence', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, options);
    const { value, tookMs } = await rig.timed(lock.acquire('k').then(leaseOf));
    expect([value.token, tookMs]).toEqual([0n, 1]);
    expect(await rig.until(value.release())).toBe('released');
    expect(verbs(rig)).toEqual([...onEach('SET'), ...onEach('release')]);
    for (const { redis } of rig.servers) expect(redis.call('KEYS', '*')).toEqual([]);
  });

  test('queues behind a holder, and is served by its release', async ({ rig }) => {
    const [ours, theirs] = await rig.joinAll(2, options);
    const lease = await rig.hold(theirs, 'k');
    expect((await rig.until(ours.acquire('k'))).outcome).toBe('busy');
    const waiting = ours.acquire('k', { waitMs: 10_000 });
    await rig.pass(100);
    void lease.release();
    const { value, tookMs } = await rig.timed(waiting.then(leaseOf));
    expect(tookMs).toBeLessThanOrEqual(3);
    expect(value.token).toBe(0n);
    expect(await rig.until(value.extend())).toBe('extended');
    expect(await rig.until(value.release())).toBe('released');
  });

  test('shares the queue with locks that have fencing, whose tokens grow', async ({ rig }) => {
    const [plain] = await rig.joinAll(1, options);
    const [fenced, other] = await rig.joinAll(2);
    let last = 0n;
    for (const lock of [fenced, plain, other, plain, fenced]) {
      const lease = await rig.hold(lock, 'k', { waitMs: 1000 });
      if (lock !== plain) {
        expect(lease.token).toBeGreaterThan(last);
        last = lease.token;
      }
      const next = plain.acquire('k', { waitMs: 5000 }).then(leaseOf);
      await rig.pass(5);
      void lease.release();
      await rig.until((await rig.until(next)).release());
    }
  });

  test('stores no token for a caller that needs a longer TTL than the one before, who has left', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ...options, ttlMs: 5000 });
    const caller = new AbortController();
    const left = lock.acquire('k', { signal: caller.signal });
    const acquiring = lock.acquire('k', { waitMs: 1000, ttlMs: 20_000 });
    caller.abort();
    expect((await rig.until(left)).outcome).toBe('aborted');
    await rig.until(leaseOf(await rig.until(acquiring)).release());
    for (const { redis } of rig.servers) expect(redis.call('KEYS', '*')).toEqual([]);
  });

  test('finds its own grant when the answer was lost', async ({ rig }) => {
    const member = await rig.join({ ...options, nodeTimeoutMs: 200 });
    rig.time.after(0.75, () => {
      for (const node of rig.servers.keys()) rig.cut('commands', { of: [member], node });
    });
    expect((await rig.until(member.lock.acquire('k', { waitMs: 2000 }))).outcome).toBe('unavailable');
    await rig.pass(500);
    expect(rig.keys()).toEqual([]);
    const lease = await rig.hold(member.lock, 'k');
    expect(await rig.until(lease.release())).toBe('released');
  });
});

test('overtakes the waiters of a dead holder at the most until they ask', async ({ rig }) => {
  const [holder, waiter, plain] = [await rig.join({ ttlMs: 300 }), await rig.join(), await rig.join(options)];
  await rig.hold(holder.lock, 'k');
  const waiting = waiter.lock.acquire('k', { waitMs: 10_000 }).then(leaseOf);
  await rig.pass(100);
  rig.kill(holder);
  await rig.pass(202); // the TTL is over, and the waiter has not asked yet
  const lease = await rig.hold(plain.lock, 'k');
  await rig.pass(10);
  const overtaking = plain.lock.acquire('k', { waitMs: 5000 }).then(leaseOf);
  await rig.pass(5);
  void lease.release();
  const served: string[] = [];
  const use = async (name: string, granted: Promise<Lease>) => {
    const next = await granted;
    served.push(name);
    return next.release();
  };
  expect(await rig.until(Promise.all([use('waiter', waiting), use('plain', overtaking)]))).toEqual([
    'released',
    'released',
  ]);
  expect(served).toEqual(['waiter', 'plain']);
});

test('refuses minToken', async ({ rig }) => {
  const [lock] = await rig.joinAll(1, options);
  await expect(lock.acquire('k', { minToken: 1n })).rejects.toThrow('minToken needs a lock with fencing: true');
});
