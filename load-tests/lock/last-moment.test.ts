import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { DistributedLock } from '../../app/redis-lock/index.ts';
import { startProxy } from '../faults/proxy.ts';
import { type Random, seeded } from '../workload/random.ts';
import { hold, newKey, timed } from './leases.ts';
import { at, useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(1);
const seed = Number(process.env.LOCK_TEST_SEED ?? 7);

/** Lets a moment pass that ends about when a grant does that is under way: on a busy machine that may take a while. */
async function aMoment(random: Random): Promise<void> {
  const kind = random(5);
  if (kind === 1) await nextTurn();
  if (kind === 2) for (let ticks = random(30); ticks > 0; ticks--) await null;
  if (kind === 3) await sleep(random(4));
  if (kind === 4) await sleep(random(40));
}

test('10,000 callers that abort or time out when they are about to be granted: the grant passes on, and nothing is left', async () => {
  const locks = await Promise.all([1, 2, 3].map(() => pool.redisLock({ ttlMs: 60_000 })));
  const outcomes = { acquired: 0, aborted: 0, busy: 0, unavailable: 0 };
  const [keys, rounds, callers] = [100, 25, 4];
  const violations: string[] = [];

  async function contendFor(key: string, random: Random): Promise<void> {
    let inside = 0;
    const anyLock = () => at(locks, random(locks.length));

    async function call(gone: Promise<unknown>, waitMs: number): Promise<void> {
      const caller = new AbortController();
      void gone.then(() => caller.abort());
      const acquisition = await anyLock().acquire(key, { waitMs, signal: caller.signal });
      outcomes[acquisition.outcome] += 1;
      if (acquisition.outcome !== 'acquired') return;
      if (++inside !== 1) violations.push(`${key}: ${inside} holders`);
      await nextTurn();
      inside -= 1;
      if ((await acquisition.lease.release()) !== 'released') violations.push(`${key}: a lease was lost`);
    }

    for (let round = 0; round < rounds; round++) {
      const holder = await hold(anyLock(), key, { waitMs: 20_000 });
      inside += 1;
      const calls: Promise<void>[] = [];
      let leave = () => {};
      const released = new Promise<void>((resolve) => {
        leave = resolve;
      });
      for (let index = 0; index < callers; index++) {
        const late = random(2) === 0;
        // Half of them leave at the release or a moment after it, the others when their own time is over about then.
        const gone = late ? released.then(() => aMoment(random)) : new Promise(() => {});
        calls.push(call(gone, late ? 20_000 : random(20)));
      }
      await sleep(random(12));
      inside -= 1;
      leave();
      if ((await holder.release()) !== 'released') violations.push(`${key}: the holder's lease was lost`);
      await Promise.all(calls);
    }
  }

  const startedAt = performance.now();
  await Promise.all(Array.from({ length: keys }, (_, index) => contendFor(newKey(), seeded(seed, index))));
  const total = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  console.log(`seed ${seed}: ${total} calls in ${(performance.now() - startedAt).toFixed(0)} ms:`, outcomes);
  expect(violations, `seed ${seed}`).toEqual([]);
  expect(total).toBe(10_000);
  expect(outcomes.unavailable, `seed ${seed}`).toBe(0);
  for (const outcome of ['acquired', 'aborted', 'busy'] as const) expect(outcomes[outcome]).toBeGreaterThan(300);
  await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
});

test('the waiter that is granted has gone: the next one behind it is served at once', async () => {
  const locks = await Promise.all([1, 2, 3].map(() => pool.redisLock({ ttlMs: 60_000 })));
  const [holder, first, second] = locks as [DistributedLock, DistributedLock, DistributedLock];
  for (let ticks = 0; ticks < 40; ticks++) {
    const key = newKey();
    const lease = await hold(holder, key);
    const caller = new AbortController();
    const leaving = first.acquire(key, { waitMs: 20_000, signal: caller.signal });
    await sleep(5);
    const waiting = second.acquire(key, { waitMs: 5000 });
    await sleep(5);
    const released = lease.release();
    for (let tick = 0; tick < ticks; tick++) await (tick % 4 === 3 ? nextTurn() : null);
    caller.abort();
    const left = await leaving;
    if (left.outcome === 'acquired') await left.lease.release();
    expect(await released).toBe('released');
    const served = await waiting;
    expect(served.outcome, `aborted ${ticks} ticks after the release`).toBe('acquired');
    if (served.outcome === 'acquired') await served.lease.release();
  }
  await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
});

test('a caller whose token cannot be raised in time is told so in time, and the one behind it is served', async () => {
  const proxy = await startProxy(pool.server.url);
  onTestFinished(() => proxy.close());
  const holder = await pool.redisLock();
  const lock = await pool.redisLock({ ttlMs: 60_000, nodeTimeoutMs: 200 }, `redis://127.0.0.1:${proxy.port}`);
  const key = newKey();
  const lease = await hold(holder, key);
  const raised = timed(() => lock.acquire(key, { waitMs: 250, above: lease.token + 1_000_000n }));
  const behind = lock.acquire(key, { waitMs: 5000 });
  await pool.untilQueued(1);
  // The news of the grant still comes, on the other connection; the answer to what is asked then does not.
  proxy.filter = ({ from, connection }) => (from === 'server' && connection === 0 ? 'drop' : 'pass');
  await lease.release();
  const { value, tookMs } = await raised;
  expect(value.outcome).toMatch(/^(busy|unavailable)$/);
  expect(tookMs).toBeLessThan(250 + 200 + 250);
  proxy.filter = () => 'pass';
  proxy.cut();
  expect((await behind).outcome).toBe('acquired');
});
