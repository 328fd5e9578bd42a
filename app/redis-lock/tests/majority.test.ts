import { describe, expect, test } from 'vitest';
import { leaseOf, type Rig, type RigProcess, withRig } from '../simulation/rig.ts';
import { createRedlock } from '../src/redlock.ts';

const fiveNodes = { servers: 5 };
const worth = (ttlMs: number) => ttlMs * 0.99 - 2 - 1;

test.each([[[0]], [[4]], [[1, 3]]])('grants as soon as a majority answers, nodes %o frozen', (frozen) =>
  withRig(fiveNodes, async (rig) => {
    const [ours, theirs] = await rig.joinAll(2, { nodeTimeoutMs: 1000 });
    rig.freeze(frozen);
    const { value, tookMs } = await rig.timed(ours.acquire('k'));
    const lease = leaseOf(value);
    expect(tookMs).toBe(1);
    expect(lease.validForMs()).toBe(worth(10_000));
    // By the nodes that answer:
    expect(await rig.timed(theirs.acquire('k'))).toMatchObject({ value: { outcome: 'busy' }, tookMs: 1 });
    expect(await rig.timed(lease.extend())).toEqual({ value: 'extended', tookMs: 1 });
    expect((await rig.until(theirs.acquire('k'))).outcome).toBe('busy');
    expect(await rig.timed(lease.release())).toEqual({ value: 'released', tookMs: 1 });
    const next = await rig.hold(theirs, 'k');
    expect(next.token).toBeGreaterThan(lease.token);
  }),
);

test('is not busy while the slowest node may still make a majority', () =>
  withRig({ servers: 3 }, async (rig) => {
    const { lock } = await rig.join({ delaysMs: [0.5, 0.5, 20] });
    rig.server(0).redis.call('SET', 'k', 'rival', 'PX', '60000');
    expect(await rig.timed(lock.acquire('k'))).toMatchObject({ value: { outcome: 'acquired' }, tookMs: 40 });
    rig.server(0).redis.call('DEL', 'k');
  }));

test.each([0, 1500])('is unavailable at the node timeout with three frozen, wait %i ms', (waitMs) =>
  withRig(fiveNodes, async (rig) => {
    const [lock] = await rig.joinAll(1, { nodeTimeoutMs: 200, ttlMs: 20_000 });
    rig.freeze([0, 2, 4]);
    const { value, tookMs } = await rig.timed(lock.acquire('k', { waitMs }));
    expect(value).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
    expect(tookMs).toBe(200);
    await rig.pass(0.5);
    expect([1, 3].map((node) => rig.server(node).holderOf('k'))).toEqual([undefined, undefined]); // without the others
    rig.thaw();
    await rig.pass(1);
    expect(rig.keys()).toEqual([]);
  }),
);

test('is unavailable at once while a majority is down, then recovers', () =>
  withRig(fiveNodes, async (rig) => {
    const [lock] = await rig.joinAll(1);
    for (const node of [0, 1, 2]) rig.stop(node);
    expect(await rig.timed(lock.acquire('k'))).toMatchObject({ value: { outcome: 'unavailable' }, tookMs: 1 });
    for (const node of [0, 1, 2]) rig.server(node).restart(0);
    await rig.pass(1000);
    expect((await rig.until(lock.acquire('k'))).outcome).toBe('acquired');
  }));

test('loses a lease at its deadline while a majority is frozen', () =>
  withRig(fiveNodes, async (rig) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 500, nodeTimeoutMs: 200 });
    const lease = await rig.hold(lock, 'k');
    rig.freeze([0, 1, 2]);
    expect(await rig.timed(lease.extend())).toEqual({ value: 'lost', tookMs: Math.ceil(worth(500)) });
    expect(lease.signal.aborted).toBe(true);
  }));

test('keeps a lease over empty restarts of single nodes between extensions', () =>
  withRig(fiveNodes, async (rig) => {
    const [lock, rival] = await rig.joinAll(2, { ttlMs: 20_000 });
    const lease = await rig.hold(lock, 'k');
    // After four restarts only the last node has the key from the grant: each extension puts it back.
    for (const node of [0, 1, 2, 3]) {
      rig.stop(node);
      await rig.pass(100);
      rig.server(node).restart(Number.POSITIVE_INFINITY);
      await rig.pass(500);
      expect(await rig.until(lease.extend())).toBe('extended');
      expect(lease.validForMs()).toBe(worth(20_000));
      await rig.pass(1);
      expect(new Set(rig.holders('k')).size).toBe(1);
      expect((await rig.until(rival.acquire('k'))).outcome).toBe('busy');
    }
    expect(lease.signal.aborted).toBe(false);
    expect(await rig.until(lease.release())).toBe('released');
    await rig.pass(1);
    expect(rig.keys()).toEqual([]);
  }));

test('loses a lease if a majority loses its data at once', () =>
  withRig(fiveNodes, async (rig) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 20_000 });
    const lease = await rig.hold(lock, 'k');
    for (const node of [1, 2, 3]) rig.server(node).redis.call('FLUSHALL');
    expect(await rig.timed(lease.extend())).toEqual({ value: 'lost', tookMs: 1 });
    expect(lease.signal.aborted).toBe(true);
    await rig.until(lock.close());
    await rig.pass(1);
    expect(rig.keys()).toEqual([]);
  }));

test.each([3, 4])('leaves no key on the other nodes if a rival has %i', (taken) =>
  withRig(fiveNodes, async (rig) => {
    const [lock] = await rig.joinAll(1);
    for (let node = 0; node < taken; node++) rig.server(node).redis.call('SET', 'k', 'rival', 'PX', '60000');
    const expected = [...Array(taken).fill('rival'), ...Array(5 - taken).fill(undefined)];
    for (const waitMs of [0, 150]) {
      const { value, tookMs } = await rig.timed(lock.acquire('k', { waitMs }));
      expect(value.outcome).toBe('busy');
      expect(tookMs).toBe(Math.max(1, waitMs));
      await rig.pass(1);
      expect(rig.holders('k')).toEqual(expected);
    }
    expect(rig.keys()).toEqual(Array(taken).fill('k'));
  }),
);

describe('split votes', () => {
  test('serve thirty acquirers in six processes, one at a time', () =>
    withRig(fiveNodes, async (rig) => {
      // Each process is the nearest to another node: none gets a majority at first.
      const distances = [0.5, 1, 1.5, 2, 2.5];
      const processes: RigProcess[] = [];
      for (let index = 0; index < 6; index++) {
        const delaysMs = distances.map((_, node) => distances[(node + index) % 5] ?? 0);
        processes.push(await rig.join({ delaysMs, chance: index / 6 }));
      }
      let inside = 0;
      const most: number[] = [];
      const tokens: bigint[] = [];
      const startedAt = rig.now;
      const served = Array.from({ length: 30 }, async (_, index) => {
        const { lock } = processes[index % processes.length] as RigProcess;
        const lease = leaseOf(await lock.acquire('k', { waitMs: 10_000 }));
        const waitedMs = rig.now - startedAt;
        most.push(++inside);
        tokens.push(lease.token);
        await rig.sleep(1);
        inside -= 1;
        await lease.release();
        return waitedMs;
      });
      const waits = await rig.until(Promise.all(served));
      expect(Math.max(...most)).toBe(1);
      expect(tokens).toEqual([...tokens].sort((a, b) => Number(a - b)));
      expect(Math.min(...waits)).toBeLessThan(100);
      expect(Math.max(...waits)).toBeLessThan(1000);
    }));

  test('go to the first to arrive of two processes with two nodes each', () =>
    withRig(fiveNodes, async (rig) => {
      const reaches = [0, 1, 2, 3];
      const first = await rig.join({ reaches, delaysMs: [0.5, 0.5, 5, 5] });
      const second = await rig.join({ reaches, delaysMs: [5, 5, 0.5, 0.5] });
      const ours = first.lock.acquire('k', { waitMs: 5000 });
      await rig.pass(0.25);
      const theirs = second.lock.acquire('k', { waitMs: 5000 });
      await rig.pass(1);
      expect(new Set(rig.holders('k').slice(0, 4)).size).toBe(2); // split
      const { value, tookMs } = await rig.timed(ours);
      const lease = leaseOf(value);
      expect(tookMs).toBeLessThan(50);
      expect(second.lock.counts()).toMatchObject({ attempts: 1 });
      await rig.until(lease.release());
      expect(leaseOf(await rig.until(theirs)).token).toBeGreaterThan(lease.token);
    }));
});

test('is unavailable if a majority disagrees on the token, then freezes', () =>
  withRig(fiveNodes, async (rig) => {
    const [lock] = await rig.joinAll(1, { nodeTimeoutMs: 200 });
    const lease = await rig.hold(lock, 'other');
    rig.servers.forEach((server, node) => {
      server.redis.call('SET', '{k}:fence', String(lease.token + 1_000_000n * BigInt(node)), 'PX', '60000');
    });
    const asking = lock.acquire('k');
    await rig.pass(0.75);
    rig.freeze(); // after the grants
    const { value, tookMs } = await rig.timed(asking);
    expect(value.outcome).toBe('unavailable');
    expect(tookMs).toBe(0.25 + 200);
    rig.thaw();
    await rig.pass(1);
    expect(rig.holders('k')).toEqual(Array(5).fill(undefined));
  }));

test('counts only the majority’s TTL while fewer answer an extension', () =>
  withRig(fiveNodes, async (rig) => {
    const [lock] = await rig.joinAll(1, { nodeTimeoutMs: 1000 });
    const lease = await rig.hold(lock, 'k');
    await rig.pass(3000);
    rig.freeze([0, 1, 2]);
    const extending = lease.extend();
    await rig.pass(10);
    expect(lease.validForMs()).toBe(worth(10_000) - 3000 - 10);
    rig.thaw();
    expect(await rig.until(extending)).toBe('extended');
    expect(lease.validForMs()).toBeGreaterThan(worth(10_000) - 20);
  }));

test('backs off for an extension that no majority can answer', () =>
  withRig({ servers: 3 }, async (rig) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 60_000 });
    const lease = await rig.hold(lock, 'k');
    rig.stop(0);
    rig.server(1).redis.call('DEL', 'k');
    const extending = lease.extend();
    await rig.pass(30_000);
    expect(rig.ran.filter(({ verb, node }) => verb === 'extend' && node === 2).length).toBeLessThan(100);
    rig.server(0).restart(0);
    await rig.pass(1000);
    expect(await rig.until(extending)).toBe('extended');
  }));

test('never re-acquires on nodes that lost a lock without a majority', () =>
  withRig(fiveNodes, async (rig) => {
    const [lock] = await rig.joinAll(1);
    const lease = await rig.hold(lock, 'k');
    for (const node of [0, 1, 2]) rig.server(node).redis.call('DEL', 'k');
    rig.ran.length = 0;
    expect(await rig.until(lease.extend())).toBe('lost');
    await rig.pass(5);
    expect(new Set(rig.ran.map(({ verb }) => verb))).toEqual(new Set(['extend', 'release']));
  }));

test('counts no release on a node that was never asked for the lock', () =>
  withRig({ servers: 3 }, async (rig) => {
    const [lock] = await rig.joinAll(1);
    rig.freeze([2]);
    await rig.hold(lock, 'other');
    await rig.pass(600); // that node counts as silent
    const lease = await rig.hold(lock, 'k');
    rig.server(1).redis.call('DEL', 'k');
    expect(await rig.until(lease.release())).toBe('expired');
  }));

test('answers expired if only a minority held the lock until its release', () =>
  withRig(fiveNodes, async (rig) => {
    const [lock] = await rig.joinAll(1);
    const lease = await rig.hold(lock, 'k');
    for (const node of [1, 2, 3]) rig.server(node).redis.call('DEL', 'k');
    expect(await rig.until(lease.release())).toBe('expired');
  }));

test('is busy if a majority disagrees on the token, then loses the lock', () =>
  withRig(fiveNodes, async (rig) => {
    const [lock] = await rig.joinAll(1);
    rig.servers.forEach((server, node) => {
      server.redis.call('SET', '{k}:fence', String(server.nowMicros() + 1e6 + node * 1000), 'PX', '60000');
    });
    const asking = lock.acquire('k');
    await rig.pass(1.25); // the confirmation is in flight
    rig.call('DEL', 'k');
    expect(await rig.until(asking)).toMatchObject({ outcome: 'busy' });
  }));

describe('a waiter whose nodes disagree on the token', () => {
  /** One holds the lock, and the other waits; each node has another fence, so that their tokens have to be confirmed. */
  async function untilConfirming(rig: Rig, signal?: AbortSignal) {
    const [holder, waiter] = await rig.joinAll(2);
    const lease = await rig.hold(holder, 'k');
    const waiting = waiter.acquire('k', { waitMs: 20_000, ...(signal && { signal }) });
    await rig.pass(5);
    rig.servers.forEach((server, node) => {
      server.redis.call('SET', '{k}:fence', String(lease.token + 1_000_000n * BigInt(node)), 'PX', '60000');
    });
    rig.ran.length = 0;
    void lease.release();
    await rig.pass(1.25); // the notifications have arrived; the confirmation is in flight
    expect(rig.ran.map(({ verb }) => verb)).toEqual(Array(5).fill('release'));
    return { waiting, token: lease.token };
  }

  test('is served by a confirmation', () =>
    withRig(fiveNodes, async (rig) => {
      const { waiting, token } = await untilConfirming(rig);
      const { value, tookMs } = await rig.timed(waiting);
      expect(leaseOf(value).token).toBeGreaterThan(token + 2_000_000n); // the highest of the three that came first
      expect(tookMs).toBe(0.75);
    }));

  test('leaves no key if it aborts meanwhile', () =>
    withRig(fiveNodes, async (rig) => {
      const caller = new AbortController();
      const { waiting } = await untilConfirming(rig, caller.signal);
      caller.abort();
      expect(await rig.until(waiting)).toEqual({ outcome: 'aborted' });
      await rig.pass(5);
      expect(rig.keys()).toEqual([]);
    }));

  test('rides out a majority that freezes for the node timeout meanwhile', () =>
    withRig(fiveNodes, async (rig) => {
      const { waiting } = await untilConfirming(rig);
      rig.freeze([0, 1, 2]);
      await rig.pass(700);
      rig.thaw();
      expect((await rig.until(waiting)).outcome).toBe('acquired');
    }));

  test('is served soon if a majority loses the lock meanwhile', () =>
    withRig(fiveNodes, async (rig) => {
      const { waiting } = await untilConfirming(rig);
      for (const node of [0, 1, 2]) rig.server(node).redis.call('DEL', 'k');
      const { value, tookMs } = await rig.timed(waiting);
      expect(value.outcome).toBe('acquired');
      expect(tookMs).toBeLessThan(20);
    }));
});

test('rejects nodes of which one is given twice', () =>
  withRig({ servers: 3 }, async (rig) => {
    const { clients } = await rig.join();
    expect(() => createRedlock(clients)).not.toThrow();
    expect(() => createRedlock([...clients.slice(0, 2), ...clients.slice(0, 1)])).toThrow(RangeError);
  }));
