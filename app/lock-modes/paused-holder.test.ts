import { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../database/open.ts';
import type { Account } from '../payments/account.ts';
import {
  type AllModes,
  hold,
  openModes,
  pausableRuntime,
  sectionFor,
  type TestModes,
  withResolvers,
} from '../testing/lock-modes.ts';
import { testStack } from '../testing/stack.ts';
import type { LockMode, WriteResult } from './index.ts';

const lockTtlMs = 10_000;
const clock = pausableRuntime();
let here: AllModes;
let elsewhere: AllModes;
/** An instance that can be paused for longer than its leases last. */
let paused: AllModes;
/** Every Redis on which a lock may be. */
let nodes: readonly Redis[];
let db: Knex;
let place: { key: string; userId: number };
const opened: TestModes[] = [];

beforeAll(async () => {
  db = openDatabase({ url: testStack().mysqlUrl, poolMax: 2, timeoutMs: 30_000, say: () => {} });
  const { redisUrl, redlockUrls } = testStack();
  nodes = [redisUrl, ...redlockUrls].map((url) => new Redis(url));
  opened.push(...(await Promise.all([openModes(), openModes(), openModes({ lockTtlMs, runtime: clock.runtime })])));
  [here, elsewhere, paused] = opened.map(({ modes }) => modes) as [AllModes, AllModes, AllModes];
});
afterAll(async () => {
  for (const instance of opened) await instance.close();
  for (const node of nodes) node.disconnect();
  await db.destroy();
});
beforeEach(async () => {
  const [userId = 0] = await db('users').insert({ name: 'Paused' });
  place = { userId, key: `PAYMENT_paused_${userId}` };
});

interface Paused {
  readonly basis: Account;
  /** Goes on: writes, and leaves. */
  write(paid: boolean): Promise<WriteResult>;
}

/** Enters, reads the account, and is paused right there, before its write. */
async function pausedAfterRead(mode: LockMode, section = sectionFor(place, { waitMs: 100_000 })): Promise<Paused> {
  const { promise: toldToWrite, resolve: goOn } = withResolvers();
  let paid = false;
  let done: Promise<WriteResult> | undefined;
  const basis = await new Promise<Account>((read, failed) => {
    const entry = mode.guard(section, async (account) => {
      const basis = await account.read();
      if (!basis) throw new Error('no such user');
      read(basis);
      await toldToWrite;
      return account.write(paid, basis);
    });
    done = entry.then((ended) => {
      if (ended.outcome !== 'done') throw new Error(ended.outcome);
      return ended.value;
    });
    done.catch(failed);
  });
  return {
    basis,
    write(value) {
      paid = value;
      goOn();
      return done as Promise<WriteResult>;
    },
  };
}

/** Every write of the flag, each with the version that it was decided on and the one that it overwrote. */
const flagWrites = async () =>
  (await db('flag_writes').where({ user_id: place.userId }).orderBy('id')).map((row) => [
    row.paid === 1,
    row.read_version,
    row.overwritten_version,
  ]);

/** The instance is paused until its lease is over, and Redis has forgotten the key. */
async function outliveLease(): Promise<void> {
  for (const node of nodes) await node.del(place.key);
  clock.pauseFor(lockTtlMs);
}

/** The same, and a rival takes the lock and touches nothing. */
async function outliveLeaseAndRival(name: 'redis' | 'redlock'): Promise<void> {
  await outliveLease();
  const rival = await here[name].guard(sectionFor(place, { waitMs: 0 }), async () => {});
  expect(rival.outcome).toBe('done');
}

describe('a holder that outlives its TTL', () => {
  async function whoIsKeptOut(name: 'naive' | 'redis' | 'redlock') {
    await using late = await hold(paused[name], sectionFor(place));
    await outliveLease();
    await using second = await hold(here[name], sectionFor(place));
    await late.leave();
    const third = await elsewhere[name].guard(sectionFor(place, { waitMs: 0 }), async () => {});
    await second.leave();
    return third.outcome;
  }

  test('naive: frees its rival’s lock, and a third one gets in', async () => {
    expect(await whoIsKeptOut('naive')).toBe('done');
  });

  test.each(['redis', 'redlock'] as const)(
    '%s: leaves its rival’s lock alone, and a third one is kept out',
    async (name) => {
      expect(await whoIsKeptOut(name)).toBe('busy');
    },
  );

  test.each(['redis', 'redlock'] as const)('%s: is not let write any more', async (name) => {
    const late = await pausedAfterRead(paused[name]);
    await outliveLeaseAndRival(name);
    expect(await late.write(true)).toBe('refused');
    expect(await flagWrites()).toEqual([]);
  });
});

describe('fenced: a holder that was paused past its lease', () => {
  test('is refused between its rival’s read and its rival’s write', async () => {
    const late = await pausedAfterRead(paused.fenced);
    await outliveLease();
    const rival = await pausedAfterRead(here.fenced);
    expect(await late.write(true)).toBe('refused');
    expect(await rival.write(true)).toBe('written');
    expect(await flagWrites()).toEqual([[true, 0, 0]]);
  });

  test('is refused after its rival’s write', async () => {
    const late = await pausedAfterRead(paused.fenced);
    await outliveLease();
    await (await pausedAfterRead(here.fenced)).write(true);
    expect(await late.write(true)).toBe('refused');
    expect(await flagWrites()).toEqual([[true, 0, 0]]);
  });

  test('may write as long as nobody else has registered: the row decides, and not the time', async () => {
    const late = await pausedAfterRead(paused.fenced);
    await outliveLeaseAndRival('redis'); // by the same lock, and not touching the row
    expect(await late.write(true)).toBe('written');
    expect(await flagWrites()).toEqual([[true, 0, 0]]);
  });
});

describe('version: of those who have read the same version', () => {
  test('the first one to write does, and every other is refused', async () => {
    const first = await pausedAfterRead(here.version);
    const others = [await pausedAfterRead(here.version), await pausedAfterRead(elsewhere.version)];
    expect(await first.write(true)).toBe('written');
    for (const other of others) expect(await other.write(false)).toBe('refused');
    expect(await flagWrites()).toEqual([[true, 0, 0]]);
  });

  test('nobody writes over a newer one, though the flag is again as it was read', async () => {
    const late = await pausedAfterRead(here.version);
    await (await pausedAfterRead(elsewhere.version)).write(true);
    await (await pausedAfterRead(elsewhere.version)).write(false);
    expect(await late.write(true)).toBe('refused');
    expect(await flagWrites()).toEqual([
      [true, 0, 0],
      [false, 1, 1],
    ]);
  });
});

describe('row: a holder that is paused, however long', () => {
  test('keeps every rival out, and writes', async () => {
    const late = await pausedAfterRead(paused.row);
    clock.pauseFor(lockTtlMs);
    for (const modes of [paused, here]) {
      const rival = await modes.row.guard(sectionFor(place, { waitMs: 50 }), async () => {});
      expect(rival.outcome).toBe('busy');
    }
    expect(await late.write(true)).toBe('written');
    const next = await pausedAfterRead(here.row);
    expect(next.basis).toMatchObject({ paid: true, version: 1 });
    expect(await next.write(false)).toBe('written');
  });
});
