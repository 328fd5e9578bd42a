import { describe, expect, vi } from 'vitest';
import { leaseOf, type Rig, type RigProcess, withRig } from '../simulation/rig.ts';
import { test } from './rig-test.ts';

const never = Number.POSITIVE_INFINITY;

describe('a Redis that freezes', () => {
  test.for([0, 10_000])('is unavailable at the node timeout, wait %i ms, and keeps no key', async (waitMs, { rig }) => {
    const [lock] = await rig.joinAll(1, { nodeTimeoutMs: 100 });
    rig.freeze();
    const { value, tookMs } = await rig.timed(lock.acquire('k', { waitMs }));
    expect(value).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
    expect(tookMs).toBe(100);
    await rig.pass(200);
    rig.thaw(); // the SET takes effect now, and is taken back by what was sent after it
    expect(rig.keys()).toEqual([]);
    await rig.pass(1000);
    expect(rig.keys()).toEqual([]);
    expect((await rig.until(lock.acquire('k', { waitMs: 1000 }))).outcome).toBe('acquired');
  });

  test('grants no lock that expired before the answer', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 80, nodeTimeoutMs: 5000 });
    rig.freeze();
    const asking = lock.acquire('k');
    await rig.pass(200);
    rig.thaw();
    const { value } = await rig.timed(asking);
    expect(value.outcome).toBe('unavailable');
    await rig.pass(1);
    expect(rig.keys()).toEqual([]);
  });

  test('lets a lease end at its deadline, and a release in time', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 300, nodeTimeoutMs: 150 });
    const lease = await rig.hold(lock, 'k');
    rig.freeze();
    expect(await rig.untilAborted(lease.signal)).toBe(Math.ceil(300 * 0.99 - 2 - 1));
    const { value, tookMs } = await rig.timed(lease.release());
    expect(value).toBe('expired');
    expect(tookMs).toBeLessThanOrEqual(150);
    rig.thaw();
    await rig.pass(1);
    expect(rig.keys()).toEqual([]);
  });

  test('extends a lease once it answers again', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { nodeTimeoutMs: 100 });
    const lease = await rig.hold(lock, 'k');
    rig.freeze();
    const extending = lease.extend();
    await rig.pass(190); // the request has timed out, and the next one is not sent: the node is silent
    rig.thaw();
    expect(await rig.until(extending)).toBe('extended');
    expect(await rig.until(lease.release())).toBe('released');
  });

  test('gets at most one request per node timeout', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { nodeTimeoutMs: 100 });
    rig.freeze();
    await rig.until(lock.acquire('first'));
    const { tookMs } = await rig.timed(Promise.all(['a', 'b', 'c'].map((key) => lock.acquire(key))));
    expect(tookMs).toBe(0);
    rig.thaw();
    await rig.pass(50);
    expect(rig.ran.filter(({ verb }) => verb === 'acquire')).toHaveLength(1);
  });
});

test.each([1, 5])('a process that stalls reads the answers that came in time, of %i', (servers) =>
  withRig({ servers }, async (rig) => {
    const { lock, process } = await rig.join({ nodeTimeoutMs: 100 });
    const stall = async <T>(promise: Promise<T>): Promise<T> => {
      process.pause();
      await rig.pass(300);
      process.resume();
      return rig.until(promise);
    };
    const lease = leaseOf(await stall(lock.acquire('k')));
    expect(await stall(lease.extend())).toBe('extended');
    expect(await stall(lease.release())).toBe('released');
  }),
);

test('a release that fails while its client is closed is sent once the client is open again', async ({ rig }) => {
  const member = await rig.join({ ttlMs: 60_000 });
  let isClosed = false;
  for (const client of member.clients) Object.defineProperty(client, 'isClosed', { get: () => isClosed });
  const lease = await rig.hold(member.lock, 'k');
  isClosed = true;
  member.lead(0, undefined);
  rig.cut('commands');
  expect(await rig.until(lease.release())).toBe('expired');
  await rig.pass(5000);
  isClosed = false;
  member.lead(0, rig.server());
  await rig.pass(2000);
  expect(rig.keys()).toEqual([]);
});

test('a waiter whose client was closed delays the next one by half a second', async ({ rig, ours, theirs }) => {
  const gone = await rig.join({ ttlMs: 60_000 });
  for (const client of gone.clients) Object.defineProperty(client, 'isClosed', { value: true });
  const lease = await rig.hold(ours, 'k');
  const closed = gone.lock.acquire('k', { waitMs: 10_000 });
  await rig.pass(5);
  const waiting = theirs.acquire('k', { waitMs: 10_000 });
  await rig.pass(5);
  gone.lead(0, undefined);
  rig.cut('commands', { of: [gone] }); // the lock's own connection, for notifications, stays
  expect((await rig.until(closed)).outcome).toBe('unavailable');
  await rig.until(lease.release());
  const { value, tookMs } = await rig.timed(waiting);
  expect(value.outcome).toBe('acquired');
  expect(tookMs).toBeLessThan(600);
});

test('a wait opens no connection to a node whose client is closed', () =>
  withRig({ servers: 3 }, async (rig) => {
    const [{ lock: theirs }, member] = [await rig.join(), await rig.join()];
    const [closed] = member.clients;
    if (!closed) throw new Error('there is no client');
    Object.defineProperty(closed, 'isClosed', { value: true });
    const subscribe = vi.spyOn(closed, 'subscribe');
    await rig.hold(theirs, 'k');
    expect((await rig.until(member.lock.acquire('k', { waitMs: 100 }))).outcome).toBe('busy');
    expect(subscribe).not.toHaveBeenCalled();
  }));

/** Ways to lose the answer to what is sent next. Each returns what heals it. */
const losses = [
  {
    loss: 'swallowed',
    lose(rig: Rig, process: RigProcess) {
      rig.delay(process, 'commands', never);
      return () => rig.delay(process, 'commands', 0);
    },
  },
  {
    loss: 'cut off with its connection',
    lose(rig: Rig, process: RigProcess) {
      rig.time.after(0.75, () => rig.cut('commands', { of: [process] })); // the request has arrived by then
      return () => {};
    },
  },
  {
    loss: 'cut off before its request arrives, late',
    lose(rig: Rig, process: RigProcess) {
      rig.time.after(0.25, () => rig.cut('commands', { of: [process], arriving: 1, lateMs: 20 }));
      return () => {};
    },
  },
];

describe.each(losses)('an answer that is $loss', ({ lose }) => {
  const options = { ttlMs: 20_000, nodeTimeoutMs: 200 };

  test('does not lock out its caller: a retry succeeds', async ({ rig }) => {
    const member = await rig.join(options);
    const { lock } = member;
    const heal = lose(rig, member);
    const { value: lost, tookMs } = await rig.timed(lock.acquire('k'));
    expect(lost.outcome).toBe('unavailable');
    expect(tookMs).toBeLessThanOrEqual(200);
    heal();
    await rig.pass(1000); // a silent connection is abandoned after two node timeouts
    expect(rig.keys()).toEqual([]);
    const lease = await rig.hold(lock, 'k');
    expect(lease.validForMs()).toBe(20_000 * 0.99 - 2 - 1);
    expect(await rig.until(lease.release())).toBe('released');
  });

  test('of a release: the next client is served soon', async ({ rig }) => {
    const [member, next] = [await rig.join(options), await rig.join()];
    const lease = await rig.hold(member.lock, 'k');
    const heal = lose(rig, member);
    const { value, tookMs } = await rig.timed(lease.release());
    expect(value).toBe('expired');
    expect(tookMs).toBeLessThanOrEqual(200);
    const waited = await rig.timed(next.lock.acquire('k', { waitMs: 4000 }));
    expect(waited.value.outcome).toBe('acquired');
    expect(waited.tookMs).toBeLessThan(1000);
    heal();
  });
});

test('refuses a waiter without answers within two node timeouts', async ({ rig }) => {
  const [holder, waiter] = [await rig.join(), await rig.join({ nodeTimeoutMs: 200 })];
  await rig.hold(holder.lock, 'k');
  const waiting = waiter.lock.acquire('k', { waitMs: 20_000 });
  await rig.pass(490); // the next look is after 500 ms
  rig.delay(waiter, 'commands', never);
  const { value, tookMs } = await rig.timed(waiting);
  expect(value.outcome).toBe('unavailable');
  expect(tookMs).toBeLessThanOrEqual(11 + 2 * 200 + 20);
  rig.delay(waiter, 'commands', 0);
});

describe('a connection that is lost', () => {
  test.for(['commands', 'subscriptions', 'both'] as const)('for %s: waiters are served', async (what, { rig }) => {
    const [holder, waiter] = [await rig.join({ ttlMs: 60_000 }), await rig.join({ ttlMs: 60_000 })];
    const of = [waiter];
    for (const afterMs of [-200, -0.25, 0.25, 0.75]) {
      const lease = await rig.hold(holder.lock, 'k');
      const turns = [1, 2, 3].map(async () => leaseOf(await waiter.lock.acquire('k', { waitMs: 10_000 })).release());
      await rig.pass(5);
      const releaseAt = rig.now + 200;
      rig.time.at(releaseAt + afterMs, () => {
        if (what !== 'commands') rig.cut('subscriptions', { of });
        if (what !== 'subscriptions') rig.cut('commands', { of });
      });
      await rig.pass(200);
      expect(await rig.until(lease.release())).toBe('released');
      const { value, tookMs } = await rig.timed(Promise.all(turns));
      expect(value).toEqual(Array(3).fill('released'));
      expect(tookMs).toBeLessThan(1100);
      await rig.pass(1000);
      expect(rig.keys()).toEqual([]);
    }
  });

  test('during a lease: extend and release still succeed', async ({ rig, lock }) => {
    const lease = await rig.hold(lock, 'k');
    rig.cut('commands');
    expect(await rig.until(lease.extend())).toBe('extended');
    rig.cut('commands');
    await rig.pass(100);
    expect(await rig.until(lease.release())).toBe('released');
    expect(rig.keys()).toEqual([]);
  });

  test('with an empty restart: the holder loses, the waiter is served', async ({ rig, ours, theirs }) => {
    const lease = await rig.hold(theirs, 'k');
    const waiting = ours.acquire('k', { waitMs: 10_000 });
    await rig.pass(5);
    rig.stop(0);
    await rig.pass(200);
    rig.server().restart(never);
    const next = leaseOf(await rig.until(waiting));
    expect(next.token).toBeGreaterThan(lease.token);
    expect(await rig.until(lease.extend())).toBe('lost');
    expect(await rig.until(lease.release())).toBe('expired');
    expect(await rig.until(next.release())).toBe('released');
    await rig.pass(1);
    expect(rig.keys()).toEqual([]);
  });
});

describe('a release while requests to a frozen Redis are held back', () => {
  test.for([0, 1])('frees the lock after the thaw, with %i local waiters', async (waiters, { rig }) => {
    const options = { ttlMs: 60_000, nodeTimeoutMs: 100 };
    const [ours, theirs] = await rig.joinAll(2, options);
    const lease = await rig.hold(ours, 'k');
    const waiting = Array.from({ length: waiters }, () => ours.acquire('k', { waitMs: 20_000 }));
    rig.freeze();
    expect((await rig.until(ours.acquire('other'))).outcome).toBe('unavailable'); // from now on it is spared
    void lease.release();
    await rig.pass(10);
    rig.thaw();
    const served = [...waiting, theirs.acquire('k', { waitMs: 20_000 })].map(async (acquiring) =>
      leaseOf(await acquiring).release(),
    );
    expect((await rig.timed(Promise.all(served))).tookMs).toBeLessThan(1000);
  });
});
