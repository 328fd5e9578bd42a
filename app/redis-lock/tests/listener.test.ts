import { describe, expect, vi } from 'vitest';
import { kinds, leaseOf } from '../simulation/rig.ts';
import type { Acquisition, Lease, LockListener } from '../src/types.ts';
import { test } from './rig-test.ts';

/** @returns a listener, and the events that it has received so far. */
function recordingListener() {
  const events: ({ what: string } & Record<string, unknown>)[] = [];
  const listener: LockListener = {
    onAcquire: (event) => events.push({ what: 'acquire', ...event }),
    onRelease: (event) => events.push({ what: 'release', ...event }),
    onLost: (event) => events.push({ what: 'lost', ...event }),
  };
  return { listener, events };
}

describe.each(kinds)('the listener on $kind', ({ servers }) => {
  test.override('rigOptions', { servers });

  test('receives outcome and duration of every acquire and release', async ({ rig }) => {
    const { listener, events } = recordingListener();
    const [[ours], [theirs]] = [await rig.joinAll(1, { listener }), await rig.joinAll(1)];
    const lease = await rig.hold(theirs, 'k');
    await rig.until(ours.acquire('k', { waitMs: 50 }));
    await rig.until(lease.release());
    const own = await rig.hold(ours, 'k');
    await rig.pass(30);
    await rig.until(own.release());
    expect(events).toEqual([
      { what: 'acquire', key: 'k', outcome: 'busy', waitMs: 50, handedOver: false },
      { what: 'acquire', key: 'k', outcome: 'acquired', waitMs: 1, handedOver: false },
      { what: 'release', key: 'k', outcome: 'released', holdMs: 30 },
    ]);
  });

  test('receives which leases were handed over within the process', async ({ rig }) => {
    const { listener, events } = recordingListener();
    const [[ours], [theirs]] = [await rig.joinAll(1, { listener }), await rig.joinAll(1)];
    const lease = await rig.hold(theirs, 'k');
    const turns = [1, 2, 3].map(async () => leaseOf(await ours.acquire('k', { waitMs: 5000 })).release());
    await rig.pass(5);
    await rig.until(lease.release());
    await rig.until(Promise.all(turns));
    expect(events.filter(({ what }) => what === 'acquire').map(({ handedOver }) => handedOver)).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('receives why a lease was lost', async ({ rig }) => {
    const { listener, events } = recordingListener();
    const [lock] = await rig.joinAll(1, { listener, ttlMs: 400 });
    const [expired, stolen] = [await rig.hold(lock, 'expired'), await rig.hold(lock, 'stolen')];
    rig.call('DEL', 'stolen');
    await rig.until(stolen.extend());
    await rig.untilAborted(expired.signal);
    expect(events.filter(({ what }) => what === 'lost')).toEqual([
      { what: 'lost', key: 'stolen', reason: 'stolen', holdMs: 1 },
      { what: 'lost', key: 'expired', reason: 'expired', holdMs: 393 },
    ]);
  });

  test('receives expired, not stolen, if it was over before the answer that it is gone', async ({ rig }) => {
    const { listener, events } = recordingListener();
    const holder = await rig.join({ listener, ttlMs: 400 });
    const lease = await rig.hold(holder.lock, 'k');
    for (let node = 0; node < servers; node++) rig.delay(holder, 'commands', 200, node);
    await rig.pass(300);
    const extending = lease.extend();
    holder.process.pause();
    await rig.pass(1000);
    holder.process.resume('messages');
    expect(await rig.until(extending)).toBe('lost');
    expect(events.filter(({ what }) => what === 'lost')).toMatchObject([{ reason: 'expired' }]);
  });

  test('receives expired, not stolen, if no node answers an extension and the timers are early', async ({ rig }) => {
    const { listener, events } = recordingListener();
    const { lock, process } = await rig.join({ listener, ttlMs: 400 });
    const lease = await rig.hold(lock, 'k');
    const setTimer = process.setTimer.bind(process);
    vi.spyOn(process, 'setTimer').mockImplementation((callback, delayMs) => setTimer(callback, delayMs - 1)); // as Node's may be
    rig.freeze();
    expect(await rig.until(lease.extend())).toBe('lost');
    expect(events.filter(({ what }) => what === 'lost')).toMatchObject([{ reason: 'expired' }]);
  });

  test('may acquire while the lock is being closed: it is unavailable', async ({ rig }) => {
    const late: Promise<Acquisition>[] = [];
    const listener: LockListener = {
      onAcquire: ({ outcome }) => {
        if (outcome === 'aborted') late.push(ours.acquire('wanted', { waitMs: 1000 }), ours.acquire('other'));
      },
    };
    const [[ours], [theirs]] = [await rig.joinAll(1, { listener }), await rig.joinAll(1)];
    await rig.hold(theirs, 'wanted');
    void ours.acquire('wanted', { waitMs: 10_000 });
    await rig.pass(5);
    await rig.until(ours.close());
    const outcomes = (await rig.until(Promise.all(late))).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['unavailable', 'unavailable']);
  });

  test('may acquire a busy key again: with one place in the queue', async ({ rig }) => {
    const again: Promise<Acquisition>[] = [];
    const listener: LockListener = {
      onAcquire: ({ outcome }) => {
        if (outcome === 'busy') again.push(ours.acquire('k', { waitMs: 10_000 }));
      },
    };
    const [[ours], [theirs]] = [await rig.joinAll(1, { listener }), await rig.joinAll(1)];
    const lease = await rig.hold(theirs, 'k');
    await rig.until(ours.acquire('k'));
    await rig.pass(5);
    expect(rig.queue('k')).toHaveLength(1);
    await rig.until(lease.release());
    for (const acquired of await rig.until(Promise.all(again))) await rig.until(leaseOf(acquired).release());
  });

  test('may close the lock while it is being closed', async ({ rig }) => {
    const closed: Promise<void>[] = [];
    const listener: LockListener = {
      onAcquire: ({ outcome }) => {
        if (outcome === 'aborted') closed.push(ours.close());
      },
    };
    const [[ours], [theirs]] = [await rig.joinAll(1, { listener }), await rig.joinAll(1)];
    await rig.hold(theirs, 'wanted');
    await rig.hold(ours, 'held');
    void ours.acquire('wanted', { waitMs: 10_000 });
    await rig.pass(5);
    void ours.acquire('other');
    await rig.until(ours.close());
    expect(closed).toHaveLength(2);
    await rig.until(Promise.all(closed));
  });

  test('is called once for each acquire, also if it acquires again when no node answers', async ({ rig }) => {
    const again: Promise<Acquisition>[] = [];
    let calls = 0;
    const listener: LockListener = {
      onAcquire: () => {
        calls += 1;
        if (calls === 1) again.push(ours.acquire('k'));
      },
    };
    const [ours] = await rig.joinAll(1, { listener, nodeTimeoutMs: 200 });
    rig.freeze();
    await rig.until(Promise.all([ours.acquire('k'), ours.acquire('k')]));
    await rig.until(Promise.all(again));
    expect(calls).toBe(3);
  });

  test('may release a lease again while it is handed over, and leaves the next holder its lock', async ({ rig }) => {
    const again: Promise<string>[] = [];
    let first: Lease | undefined;
    const onAcquire = () => void (first && again.push(first.release()));
    const [ours, theirs] = [await rig.join({ listener: { onAcquire } }), await rig.join()];
    const leaving = ours.lock.acquire('k', { waitMs: 1000 }).then(leaseOf);
    const following = ours.lock.acquire('k', { waitMs: 1000 }).then(leaseOf);
    first = await rig.until(leaving);
    expect(await rig.until(first.release())).toBe('released');
    const next = await rig.until(following);
    expect(await rig.until(Promise.all(again))).toEqual(['released']);
    expect((await rig.until(theirs.lock.acquire('k'))).outcome).toBe('busy');
    expect(await rig.until(next.release())).toBe('released');
  });

  test('may throw: the lock warns and leaves no key behind', async ({ rig }) => {
    const broken = new Error('the listener is broken');
    const fail = () => {
      throw broken;
    };
    const listener = { onAcquire: fail, onRelease: fail, onLost: fail };
    const [lock] = await rig.joinAll(1, { listener, ttlMs: 400 });
    const lease = await rig.hold(lock, 'released');
    expect(await rig.until(lease.release())).toBe('released');
    const lost = await rig.hold(lock, 'lost');
    await rig.untilAborted(lost.signal);
    await rig.pass(1);
    expect(rig.keys()).toEqual([]);
    expect(rig.uncaught).toEqual([]);
    expect(rig.warnings).toEqual(
      ['onAcquire', 'onRelease', 'onAcquire', 'onLost'].map((name) => ({
        message: expect.stringContaining(name),
        cause: broken,
      })),
    );
  });
});
