import { describe, expect } from 'vitest';
import { kinds, leaseOf } from '../simulation/rig.ts';
import type { Lease } from '../src/types.ts';
import { test } from './rig-test.ts';

/** Around the release and the notification, each 0.5 ms in flight. */
const moments = [-1, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];

describe.each(kinds)('a waiter that leaves at about its grant, on $kind', ({ servers }) => {
  test.override('rigOptions', { servers });

  test.for(moments)('aborted %s ms after the release: serves the next', async (atMs, { rig }) => {
    const [holder, first, second] = await rig.joinAll(3, { ttlMs: 60_000 });
    const lease = await rig.hold(holder, 'k');
    const caller = new AbortController();
    const leaving = first.acquire('k', { waitMs: 20_000, signal: caller.signal });
    await rig.pass(5);
    const waiting = second.acquire('k', { waitMs: 5000 });
    await rig.pass(5);
    const releaseAt = rig.now + 1;
    rig.time.at(releaseAt + atMs, () => caller.abort());
    await rig.pass(1);
    const released = lease.release();
    const left = await rig.until(leaving);
    expect(left.outcome).toBe(atMs <= 1 ? 'aborted' : 'acquired');
    if (left.outcome === 'acquired') {
      expect(rig.now - releaseAt).toBe(1);
      void left.lease.release();
    }
    expect((await rig.until(waiting)).outcome).toBe('acquired');
    expect(rig.now - releaseAt).toBeLessThanOrEqual(2);
    expect(await rig.until(released)).toBe('released');
  });

  test.for(moments)('wait over %s ms after the release: serves the next', async (atMs, { rig }) => {
    const [holder, first, second] = await rig.joinAll(3, { ttlMs: 60_000 });
    const lease = await rig.hold(holder, 'k');
    await rig.pass(1 - (rig.now % 1)); // timers are for whole milliseconds
    const waitMs = 100;
    const leaving = first.acquire('k', { waitMs });
    const releaseAt = rig.now + waitMs - atMs;
    await rig.pass(5);
    const waiting = second.acquire('k', { waitMs: 5000 });
    await rig.pass(releaseAt - rig.now);
    const released = lease.release();
    const left = await rig.until(leaving);
    expect(left.outcome).toMatch(atMs < 1 ? 'busy' : /busy|acquired/);
    if (left.outcome === 'acquired') void left.lease.release();
    expect((await rig.until(waiting)).outcome).toBe('acquired');
    expect(rig.now - releaseAt).toBeLessThanOrEqual(2);
    expect(await rig.until(released)).toBe('released');
  });
});

test('refuses a caller whose token is not raised in time, and serves the next', async ({ rig }) => {
  const [holder, waiter] = [await rig.join(), await rig.join({ ttlMs: 60_000, nodeTimeoutMs: 200 })];
  const lease = await rig.hold(holder.lock, 'k');
  const raised = waiter.lock.acquire('k', { waitMs: 250, minToken: lease.token + 1_000_000n });
  const behind = waiter.lock.acquire('k', { waitMs: 5000 });
  await rig.pass(5);
  // The notification of the grant arrives, on the other connection; the answer to the next request does not.
  rig.delay(waiter, 'commands', Number.POSITIVE_INFINITY);
  void lease.release();
  const { value, tookMs } = await rig.timed(raised);
  expect(value).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
  expect(tookMs).toBe(1 + 200);
  rig.delay(waiter, 'commands', 0);
  rig.cut('commands');
  expect(leaseOf(await rig.until(behind)).token).toBeGreaterThan(lease.token);
});

test('keeps the turn of a caller whose token is raised too late for its grant', async ({ rig }) => {
  const [holder, waiter] = [await rig.join(), await rig.join({ ttlMs: 1000, nodeTimeoutMs: 30_000 })];
  const lease = await rig.hold(holder.lock, 'k');
  const raised = waiter.lock.acquire('k', { waitMs: 60_000, minToken: lease.token + 1_000_000n });
  const behind = waiter.lock.acquire('k', { waitMs: 60_000 });
  await rig.pass(5);
  rig.delay(waiter, 'commands', 1500);
  void lease.release();
  await rig.pass(1200);
  rig.delay(waiter, 'commands', 0);
  const { token } = leaseOf(await rig.until(Promise.race([raised, behind])));
  expect(token).toBeGreaterThan(lease.token + 1_000_000n);
  expect((await raised).outcome).toBe('acquired');
});

describe.each(kinds)('a caller while its token is raised, on $kind', ({ servers }) => {
  test.override('rigOptions', { servers });

  test.for(['kept', 'lost'])('is aborted by its signal, the lock %s; serves the next', async (fate, { rig, lock }) => {
    const other = await rig.hold(lock, 'other');
    const caller = new AbortController();
    const raised = lock.acquire('k', { minToken: other.token + 1_000_000n, waitMs: 5000, signal: caller.signal });
    const behind = lock.acquire('k', { waitMs: 5000 });
    await rig.pass(1); // granted; the request that raises the token is in flight
    if (fate === 'lost') rig.call('DEL', 'k');
    caller.abort();
    expect(await rig.until(raised)).toEqual({ outcome: 'aborted' });
    expect(leaseOf(await rig.until(behind)).validForMs()).toBeGreaterThan(9000);
  });

  test('is served first if the lock is lost meanwhile', async ({ rig, lock }) => {
    const other = await rig.hold(lock, 'other');
    const minToken = other.token + 1_000_000n;
    const raised = lock.acquire('k', { minToken, waitMs: 5000 });
    const behind = lock.acquire('k', { waitMs: 5000 });
    await rig.pass(1);
    rig.call('DEL', 'k');
    const lease = leaseOf(await rig.until(raised));
    expect(lease.token).toBeGreaterThan(minToken);
    await rig.until(lease.release());
    expect(leaseOf(await rig.until(behind)).token).toBeGreaterThan(lease.token);
  });
});

test('leaves the waiter behind it no rest of a lock that its own abort releases', async ({ rig }) => {
  const [lock] = await rig.joinAll(1, { ttlMs: 10_000 });
  const caller = new AbortController();
  let lease: Lease | undefined;
  caller.signal.addEventListener('abort', () => void lease?.release()); // called before the lock's own listener
  const first = lock.acquire('k').then(leaseOf);
  const leaving = lock.acquire('k', { waitMs: 20_000, ttlMs: 100, signal: caller.signal });
  const behind = lock.acquire('k', { waitMs: 20_000 }).then(leaseOf);
  lease = await rig.until(first);
  await rig.pass(9700);
  caller.abort();
  expect(await rig.until(leaving)).toEqual({ outcome: 'aborted' });
  expect((await rig.until(behind)).validForMs()).toBe(10_000 * 0.99 - 2 - 1);
});
