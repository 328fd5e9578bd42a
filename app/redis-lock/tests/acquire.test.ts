import { getEventListeners } from 'node:events';
import { describe, expect } from 'vitest';
import { kinds, withRig } from '../simulation/rig.ts';
import { settled } from '../simulation/world/virtual-time.ts';
import type { Acquisition } from '../src/types.ts';
import { test } from './rig-test.ts';

const outcomeOf = async (acquisition: Promise<Acquisition>) => (await acquisition).outcome;

describe.each(kinds)('acquire on $kind', ({ servers }) => {
  test.override('rigOptions', { servers });

  test('takes one round trip when the lock is free', async ({ rig, lock }) => {
    const { value, tookMs } = await rig.timed(lock.acquire('k'));
    expect(value).toMatchObject({ outcome: 'acquired', lease: { key: 'k', token: expect.any(BigInt) } });
    expect(tookMs).toBe(1);
    expect(rig.ran).toHaveLength(servers);
  });

  test.for([{}, { waitMs: 0 }])('asks once without a wait: %o', async (options, { rig, ours, theirs }) => {
    await rig.hold(theirs, 'k');
    rig.ran.length = 0;
    const { value, tookMs } = await rig.timed(ours.acquire('k', options));
    expect(value).toEqual({ outcome: 'busy', retryAfterMs: 9999 });
    expect(tookMs).toBe(1);
    expect(rig.ran.map(({ verb }) => verb)).toEqual(Array(servers).fill('acquire'));
    expect(rig.queue('k')).toEqual([]);
  });

  test('answers busy exactly at the end of the wait', async ({ rig, ours, theirs }) => {
    await rig.hold(theirs, 'k');
    const { value, tookMs } = await rig.timed(ours.acquire('k', { waitMs: 200 }));
    expect(value).toEqual({ outcome: 'busy', retryAfterMs: 9799.5 }); // by the answer after its subscription
    expect(tookMs).toBe(200);
    await rig.pass(1);
    expect(rig.queue('k')).toEqual([]);
  });

  test('never answers busy before the end of the wait', () =>
    withRig({ servers, delayMs: 0.3 }, async (rig) => {
      const [ours, theirs] = await rig.joinAll(2);
      await rig.hold(theirs, 'k');
      const { value, tookMs } = await rig.timed(ours.acquire('k', { waitMs: 200 }));
      expect(value.outcome).toBe('busy');
      expect(tookMs).toBeCloseTo(200.6); // armed after the answer, for whole milliseconds
    }));

  test('returns a retryAfterMs at which the lock is free', async ({ rig }) => {
    const [ours, theirs] = [await rig.join({ ttlMs: 400 }), await rig.join({ ttlMs: 400 })];
    await rig.hold(theirs.lock, 'k');
    rig.kill(theirs); // a holder that lives gives its lock up a little earlier
    const refused = await rig.until(ours.lock.acquire('k'));
    if (refused.outcome !== 'busy') throw new Error(refused.outcome);
    expect(refused.retryAfterMs).toBe(399);
    await rig.pass(refused.retryAfterMs - 2);
    expect((await rig.until(ours.lock.acquire('k'))).outcome).toBe('busy');
    await rig.pass(1);
    expect((await rig.until(ours.lock.acquire('k'))).outcome).toBe('acquired');
  });

  test('returns a retryAfterMs of the last answer, not of the first', async ({ rig }) => {
    const [ours, theirs] = await rig.joinAll(2, { ttlMs: 1000, autoExtend: true });
    await rig.hold(theirs, 'k');
    const refused = await rig.until(ours.acquire('k', { waitMs: 3000 }));
    expect(refused).toEqual({ outcome: 'busy', retryAfterMs: expect.any(Number) });
    expect(refused.outcome === 'busy' && refused.retryAfterMs).toBeGreaterThan(300); // renewed at a third of its TTL
  });

  test('takes a lock without a TTL for one that lasts as long as its own', async ({ rig, lock }) => {
    rig.call('SET', 'k', 'not one of ours');
    expect(await rig.until(lock.acquire('k'))).toEqual({ outcome: 'busy', retryAfterMs: 10_000 });
    rig.call('DEL', 'k');
  });

  test('waits although a single try of the same process has asked first', async ({ rig, ours, theirs }) => {
    const lease = await rig.hold(theirs, 'k');
    const once = ours.acquire('k');
    const waiting = ours.acquire('k', { waitMs: 1000 });
    expect((await rig.until(once)).outcome).toBe('busy');
    await rig.pass(5);
    void lease.release();
    expect(await rig.timed(outcomeOf(waiting))).toEqual({ value: 'acquired', tookMs: 1 });
  });

  test('ends the wait of a caller that came later at its own time', async ({ rig, ours, theirs }) => {
    await rig.hold(theirs, 'k');
    const first = ours.acquire('k', { waitMs: 1000 });
    await rig.pass(100);
    expect(await rig.timed(outcomeOf(ours.acquire('k', { waitMs: 20 })))).toEqual({ value: 'busy', tookMs: 20 });
    await rig.until(first);
  });

  test('bounds the waits of callers that asked during a grant', async ({ rig, lock }) => {
    const caller = new AbortController();
    const settledAt: [string, number][] = [];
    const note = async (acquisition: Promise<Acquisition>) => {
      settledAt.push([await outcomeOf(acquisition), rig.now - startedAt]);
    };
    const startedAt = rig.now;
    const calls = [
      note(lock.acquire('k')),
      note(lock.acquire('k')),
      note(lock.acquire('k', { waitMs: 100 })),
      note(lock.acquire('k', { waitMs: 3000, signal: caller.signal })),
    ];
    await rig.pass(50);
    caller.abort();
    await rig.until(Promise.all(calls));
    expect(settledAt).toEqual([
      ['acquired', 1],
      ['busy', 1],
      ['aborted', 50],
      ['busy', 100],
    ]);
  });

  test('sends nothing for an aborted signal', async ({ rig, lock }) => {
    const acquisition = lock.acquire('k', { waitMs: 1000, signal: AbortSignal.abort() });
    expect(await rig.timed(acquisition)).toEqual({ value: { outcome: 'aborted' }, tookMs: 0 });
    await rig.pass(100);
    expect(rig.ran).toEqual([]);
  });

  test('releases a grant if the caller aborted before the answer', async ({ rig, lock }) => {
    const caller = new AbortController();
    const asking = lock.acquire('k', { waitMs: 1000, signal: caller.signal });
    caller.abort();
    expect(await rig.until(asking)).toEqual({ outcome: 'aborted' });
    await rig.pass(1);
    expect(rig.keys()).toEqual([]);
  });

  test('is aborted, not busy, if the caller aborted before the answer', async ({ rig, ours, theirs }) => {
    await rig.hold(theirs, 'k');
    const caller = new AbortController();
    const asking = ours.acquire('k', { signal: caller.signal });
    caller.abort();
    expect(await rig.until(asking)).toEqual({ outcome: 'aborted' });
  });

  test('ends an aborted wait at once and leaves the queue', async ({ rig, ours, theirs }) => {
    await rig.hold(theirs, 'k');
    const caller = new AbortController();
    const waiting = ours.acquire('k', { waitMs: 10_000, signal: caller.signal });
    await rig.pass(5);
    expect(rig.queue('k')).toHaveLength(1);
    caller.abort();
    expect(await rig.timed(waiting)).toEqual({ value: { outcome: 'aborted' }, tookMs: 0 });
    await rig.pass(0.5);
    expect(rig.queue('k')).toEqual([]);
  });

  test.for([
    { mistake: 'a TTL of 0', options: { ttlMs: 0 } },
    { mistake: 'a negative TTL', options: { ttlMs: -5 } },
    { mistake: 'a TTL that is not a number', options: { ttlMs: Number.NaN } },
    { mistake: 'an infinite TTL', options: { ttlMs: Number.POSITIVE_INFINITY } },
    { mistake: 'a TTL with a fraction', options: { ttlMs: 100.5 } },
    { mistake: 'a TTL that drift uses up', options: { ttlMs: 2 } },
    { mistake: 'a negative wait', options: { waitMs: -1 } },
    { mistake: 'a wait that is not a number', options: { waitMs: Number.NaN } },
    { mistake: 'a negative minToken', options: { minToken: -1n } },
    { mistake: 'a minToken beyond the range of doubles', options: { minToken: 2n ** 60n } },
    { mistake: 'a minToken that is no bigint', options: { minToken: 1.5 as unknown as bigint } },
    { mistake: 'an AbortController', options: { signal: new AbortController() as unknown as AbortSignal } },
  ])('throws for $mistake', async ({ options }, { rig, lock }) => {
    await expect(lock.acquire('k', options)).rejects.toThrow('signal' in options ? TypeError : RangeError);
    if ('ttlMs' in options) await expect(rig.join({ ttlMs: options.ttlMs })).rejects.toThrow(RangeError);
    await rig.pass(10);
    expect(rig.ran).toEqual([]);
  });

  test('accepts a TTL of days, with the default maxHoldMs', async ({ rig }) => {
    const [lock] = await rig.joinAll(1, { ttlMs: 3e8, autoExtend: true });
    const lease = await rig.hold(lock, 'k');
    expect(lease.validForMs()).toBe(3e8 * 0.99 - 2 - 1);
    expect(rig.pttl('k')).toBe(3e8);
  });
});

describe('the signals of callers', () => {
  /** More than Node's limit for listeners of one signal. */
  const callers = 15;

  test('get one listener each, and none afterwards', async ({ rig, ours, theirs }) => {
    const lease = await rig.hold(theirs, 'k');
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on('warning', note);
    try {
      const turns = Array.from({ length: callers }, async () => {
        const acquisition = await ours.acquire('k', { waitMs: 60_000, signal });
        if (acquisition.outcome === 'acquired') await acquisition.lease.release();
        return acquisition.outcome;
      });
      await rig.pass(5);
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
      await rig.until(lease.release());
      expect(await rig.until(Promise.all(turns))).toEqual(Array(callers).fill('acquired'));
    } finally {
      await settled(); // warnings are emitted in the next tick
      process.off('warning', note);
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(warnings).toEqual([]);
  });

  test('end the other waits of a signal after one was granted', async ({ rig, ours, theirs }) => {
    const lease = await rig.hold(theirs, 'k');
    await rig.hold(theirs, 'other');
    const caller = new AbortController();
    const wait = (key: string) => outcomeOf(ours.acquire(key, { waitMs: 60_000, signal: caller.signal }));
    const [granted, left] = [wait('k'), wait('other')];
    await rig.pass(5);
    void lease.release();
    expect(await rig.until(granted)).toBe('acquired');
    caller.abort();
    expect(await rig.timed(left)).toEqual({ value: 'aborted', tookMs: 0 });
  });

  test('end all waits of one signal, and keep no listener', async ({ rig, ours, theirs }) => {
    await rig.hold(theirs, 'k');
    const caller = new AbortController();
    const waits = Array.from({ length: callers }, () =>
      outcomeOf(ours.acquire('k', { waitMs: 60_000, signal: caller.signal })),
    );
    await rig.pass(5);
    caller.abort();
    expect(await rig.timed(Promise.all(waits))).toEqual({ value: Array(callers).fill('aborted'), tookMs: 0 });
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });

  test('abort 5000 calls in the tick of the call, and serve the next', async ({ rig, lock }) => {
    const calls = Array.from({ length: 5000 }, () => {
      const caller = new AbortController();
      const call = outcomeOf(lock.acquire('k', { waitMs: 5000, signal: caller.signal }));
      caller.abort();
      return call;
    });
    const served = lock.acquire('k', { waitMs: 5000 });
    const outcomes = await rig.until(Promise.all(calls));
    expect(outcomes.filter((outcome) => outcome === 'aborted')).toHaveLength(5000);
    expect((await rig.timed(served)).value.outcome).toBe('acquired');
    expect(rig.uncaught).toEqual([]);
  });
});
