import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LockMode, LockModeName } from '../../lock-modes/index.ts';
import { hold, nowhere, openModes, pausableRuntime, type TestModes } from '../../testing/lock-modes.ts';
import { answered, interrupted } from '../../testing/payments.ts';
import { amount, longMs, openReconciling } from '../../testing/reconcile.ts';
import { testStack } from '../../testing/stack.ts';
import { withResolvers } from '../../testing/with-resolvers.ts';

const reconciling = await openReconciling('payment_race_reconcile_locks');
const { mysqlUrl, db, here, elsewhere, newUser } = reconciling;
const { charge, refund, execute, user, section, staleWrites, anHourPasses, run } = reconciling;
beforeEach(() => reconciling.reset());
afterAll(() => reconciling.close());

test('decides on what it reads under the lock', async () => {
  const { id } = await charge();
  await anHourPasses();
  const mode: LockMode = {
    ...here.modes.redis,
    async guard(section, work) {
      await refund(id).then(() => execute('pay')); // while the job waits
      return here.modes.redis.guard(section, work);
    },
  };
  expect(await run({ mode })).toBe('repair: all users are consistent');
  expect(await user()).toEqual({ paid: true, balance: amount });
});

describe('a pay that is frozen after its charge', () => {
  const clock = pausableRuntime();
  let frozen: TestModes;
  /** Every Redis that a lock may be on. */
  let nodes: readonly Redis[];
  beforeAll(async () => {
    const { redisUrl, redlockUrls } = testStack();
    nodes = [redisUrl, ...redlockUrls].map((url) => new Redis(url));
    frozen = await openModes({ mysqlUrl, lockTtlMs: longMs, runtime: clock.runtime });
  });
  afterAll(async () => {
    for (const node of nodes) node.disconnect();
    await frozen?.close();
  });

  /** @returns what resumes it, and how it then ends. */
  async function frozenPay(name: LockModeName) {
    const { promise: thawed, resolve: thaw } = withResolvers();
    const { promise: charged, resolve: hasCharged } = withResolvers();
    const processor = interrupted(frozen.processor, {
      charged() {
        hasCharged();
        return thawed;
      },
    });
    const outcome = execute('pay', { mode: frozen.modes[name], processor });
    await charged;
    clock.pauseFor(longMs);
    for (const node of nodes) await node.del(section().key); // what is frozen renews nothing
    await anHourPasses();
    return { thaw, outcome };
  }

  test.each(['redis', 'redlock', 'fenced', 'version'] as const)(
    '%s: is repaired, and answers stale-write when it resumes',
    async (name) => {
      const pay = await frozenPay(name);
      expect(await run({ mode: here.modes[name] })).toContain('1 repaired');
      pay.thaw();
      expect(await pay.outcome).toEqual({ outcome: 'stale-write' });
      expect(await user()).toEqual({ paid: false, balance: 0 });
      expect(await staleWrites()).toEqual([]);
    },
  );

  test('row: still holds its row, and is postponed', async () => {
    const pay = await frozenPay('row');
    expect(await run({ mode: here.modes.row, lockWaitMs: 50 })).toContain(
      'postponed to the next run: its lock is held',
    );
    pay.thaw();
    expect(await pay.outcome).toEqual(answered('paid'));
    expect(await user()).toEqual({ paid: true, balance: amount });
  });
});

test('postpones a user whose lock is held, and repairs the others', async () => {
  const first = await newUser();
  await charge();
  await using held = await hold(elsewhere.modes.redis, section());
  await newUser();
  await charge();
  await anHourPasses();
  expect(await run({ lockWaitMs: 50 })).toMatch(
    /^repair: 2 inconsistent: 1 repaired, 1 postponed; .*: its lock is held; /,
  );
  expect([await user(first), await user()]).toEqual([
    { paid: false, balance: amount },
    { paid: false, balance: 0 },
  ]);
  await held.leave();
  expect(await run()).toContain('1 inconsistent: 1 repaired; ');
});

test('takes the lock of the user with LOCK_KEY=user', async () => {
  await charge();
  await anHourPasses();
  await using held = await hold(here.modes.redis, section('user'));
  expect(await run({ lockKey: 'user', lockWaitMs: 50 })).toContain('1 postponed');
  expect(await run({ lockKey: 'payment', lockWaitMs: 50 })).toContain('1 repaired');
  await held.leave();
});

test('fails with its findings when the lock service does not answer', async () => {
  for (let made = 0; made < 5; made++) {
    await newUser();
    await charge();
  }
  await anHourPasses();
  await using cutOff = await openModes({ mysqlUrl, redisUrl: nowhere.redisUrl });
  const failed = run({ mode: cutOff.modes.redis });
  await expect(failed).rejects.toThrow(/^repair: 3 inconsistent: 3 failed; .*: the lock service did not answer; /);
  expect(await db('refunds')).toEqual([]);
});

test('stops on its signal', async () => {
  await charge();
  await anHourPasses();
  const reason = new Error('the lease is lost');
  await expect(run({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(run({ signal: AbortSignal.abort(reason), reconcile: 'report' })).rejects.toBe(reason);
  const waiting = new AbortController();
  const held = await hold(elsewhere.modes.row, section());
  const mode: LockMode = {
    ...here.modes.row,
    guard(section, work) {
      setImmediate(() => waiting.abort(reason)); // while the job waits
      return here.modes.row.guard(section, work);
    },
  };
  const stopped = run({ mode, signal: waiting.signal });
  await expect(stopped).rejects.toBe(reason);
  await held.leave();
  expect(await user()).toEqual({ paid: false, balance: amount });
});
