import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Account, FlagChange } from '../payments/account.ts';
import { hold, openModes, pausableRuntime, sectionFor, sharedModes, toPaid, toUnpaid } from '../testing/lock-modes.ts';
import { sharedDb } from '../testing/shared.ts';
import { testStack } from '../testing/stack.ts';
import { withResolvers } from '../testing/with-resolvers.ts';
import type { GuardedWriteResult, LockMode } from './index.ts';

const lockTtlMs = 10_000;
const clock = pausableRuntime();
const db = sharedDb();
const {
  here: { modes: here },
  elsewhere: { modes: elsewhere },
} = await sharedModes();
/** An instance that can be paused for longer than its leases. */
const { modes: paused, close } = await openModes({ lockTtlMs, runtime: clock.runtime });
/** Every Redis that a lock may be on. */
let nodes: readonly Redis[];
let target: { key: string; userId: number };

beforeAll(async () => {
  const { redisUrl, redlockUrls } = testStack();
  nodes = [redisUrl, ...redlockUrls].map((url) => new Redis(url));
});
afterAll(async () => {
  await close();
  for (const node of nodes) node.disconnect();
});
beforeEach(async () => {
  const [userId = 0] = await db('users').insert({ name: 'Paused' });
  target = { userId, key: `PAYMENT_paused_${userId}` };
});

interface Paused {
  readonly snapshot: Account;
  /** Resumes: writes, and leaves. */
  write(change: FlagChange): Promise<GuardedWriteResult>;
}

/** Enters, reads the account, and pauses before the write. */
async function pausedAfterRead(mode: LockMode): Promise<Paused> {
  const { promise: resumed, resolve: resume } = withResolvers();
  let change: FlagChange = toUnpaid;
  let done: Promise<GuardedWriteResult> | undefined;
  const snapshot = await new Promise<Account>((read, failed) => {
    const entry = mode.guard(sectionFor(target, { waitMs: 100_000 }), async (account) => {
      const snapshot = await account.read();
      if (!snapshot) throw new Error('no such user');
      read(snapshot);
      await resumed;
      return account.write(change, snapshot);
    });
    done = entry.then((ended) => {
      if (ended.outcome !== 'done') throw new Error(ended.outcome);
      return ended.value;
    });
    done.catch(failed);
  });
  return {
    snapshot,
    write(value) {
      change = value;
      resume();
      return done as Promise<GuardedWriteResult>;
    },
  };
}

/** Every write of the flag: the value, the version that was read and the version that was overwritten. */
const flagWrites = async () =>
  (await db('flag_writes').where({ user_id: target.userId }).orderBy('id')).map((row) => [
    row.paid === 1,
    row.read_version,
    row.overwritten_version,
  ]);

/** Pauses the instance until its lease has expired and the key is gone from Redis. */
async function outliveLease(): Promise<void> {
  for (const node of nodes) await node.del(target.key);
  clock.pauseFor(lockTtlMs);
}

/** Does the same; then a rival takes the lock and touches nothing. */
async function outliveLeaseAndRival(name: 'redis' | 'redlock'): Promise<void> {
  await outliveLease();
  const rival = await here[name].guard(sectionFor(target, { waitMs: 0 }), async () => {});
  expect(rival.outcome).toBe('done');
}

describe('a holder paused past its TTL', () => {
  async function outcomeOfThird(name: 'naive' | 'redis' | 'redlock') {
    await using late = await hold(paused[name], sectionFor(target));
    await outliveLease();
    await using second = await hold(here[name], sectionFor(target));
    await late.leave();
    const third = await elsewhere[name].guard(sectionFor(target, { waitMs: 0 }), async () => {});
    await second.leave();
    return third.outcome;
  }

  test('naive: releases its rival’s lock, and a third request enters', async () => {
    expect(await outcomeOfThird('naive')).toBe('done');
  });

  test.each(['redis', 'redlock'] as const)(
    '%s: leaves its rival’s lock alone, and a third request is blocked',
    async (name) => {
      expect(await outcomeOfThird(name)).toBe('busy');
    },
  );

  test.each(['redis', 'redlock'] as const)('%s: learns that its lease is lost, and does not write', async (name) => {
    const late = await pausedAfterRead(paused[name]);
    await outliveLeaseAndRival(name);
    expect(await late.write(toPaid)).toBe('lease-lost');
    expect(await flagWrites()).toEqual([]);
  });
});

describe('fenced: a holder paused past its lease', () => {
  test('is refused between its rival’s read and its rival’s write', async () => {
    const late = await pausedAfterRead(paused.fenced);
    await outliveLease();
    const rival = await pausedAfterRead(here.fenced);
    expect(await late.write(toPaid)).toBe('refused');
    expect(await rival.write(toPaid)).toBe('written');
    expect(await flagWrites()).toEqual([[true, 0, 0]]);
  });

  test('is refused after its rival’s write', async () => {
    const late = await pausedAfterRead(paused.fenced);
    await outliveLease();
    await (await pausedAfterRead(here.fenced)).write(toPaid);
    expect(await late.write(toPaid)).toBe('refused');
    expect(await flagWrites()).toEqual([[true, 0, 0]]);
  });

  test('may write until another holder registers its token', async () => {
    const late = await pausedAfterRead(paused.fenced);
    await outliveLeaseAndRival('redis'); // same lock, row untouched
    expect(await late.write(toPaid)).toBe('written');
    expect(await flagWrites()).toEqual([[true, 0, 0]]);
  });
});

describe('version: requests that read the same version', () => {
  test('the first writes, and every other is refused', async () => {
    const first = await pausedAfterRead(here.version);
    const others = [await pausedAfterRead(here.version), await pausedAfterRead(elsewhere.version)];
    expect(await first.write(toPaid)).toBe('written');
    for (const other of others) expect(await other.write(toUnpaid)).toBe('refused');
    expect(await flagWrites()).toEqual([[true, 0, 0]]);
  });

  test('no write over a newer version with the same flag (ABA)', async () => {
    const late = await pausedAfterRead(here.version);
    await (await pausedAfterRead(elsewhere.version)).write(toPaid);
    await (await pausedAfterRead(elsewhere.version)).write(toUnpaid);
    expect(await late.write(toPaid)).toBe('refused');
    expect(await flagWrites()).toEqual([
      [true, 0, 0],
      [false, 1, 1],
    ]);
  });
});

describe('row: a paused holder', () => {
  test('blocks every rival, and writes', async () => {
    const late = await pausedAfterRead(paused.row);
    clock.pauseFor(lockTtlMs);
    for (const modes of [paused, here]) {
      const rival = await modes.row.guard(sectionFor(target, { waitMs: 50 }), async () => {});
      expect(rival.outcome).toBe('busy');
    }
    expect(await late.write(toPaid)).toBe('written');
    const next = await pausedAfterRead(here.row);
    expect(next.snapshot).toMatchObject({ paid: true, version: 1 });
    expect(await next.write(toUnpaid)).toBe('written');
  });
});
