import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { openDatabase } from '../database/open.ts';
import { createStatements } from '../database/statements.ts';
import { createAccountStore } from '../payments/accounts.ts';
import { openRedis } from '../redis.ts';
import { createLockModes, type LockMode, type LockModeName, lockModeNames } from './index.ts';

/** Whom a mode keeps out while one is inside: nobody, the requests of the same instance, or everyone. */
const keepsOut: Record<LockModeName, 'nobody' | 'instance' | 'everyone'> = {
  none: 'nobody',
  memory: 'instance',
  naive: 'everyone',
  redis: 'everyone',
  redlock: 'everyone',
};

type AllModes = Readonly<Record<LockModeName, LockMode>>;

/** Two instances, as far as a mode is concerned: nothing in common but the servers. */
let here: AllModes;
let elsewhere: AllModes;
/** An instance for which every Redis is away. */
let cutOff: AllModes;
let db: Knex;
const connections: Redis[] = [];

interface RedisUrls {
  readonly redisUrl: string;
  readonly redlockUrls: readonly string[];
}

function modesOver({ redisUrl, redlockUrls }: RedisUrls, lockTtlMs = 10_000): AllModes {
  const open = (url: string) => {
    const redis = openRedis({ url, timeoutMs: 300, warn: () => {} });
    connections.push(redis);
    return redis;
  };
  const accounts = createAccountStore(createStatements(db, 5000), 'contract');
  const { redlock, ...others } = createLockModes({
    accounts,
    redis: open(redisUrl),
    redlockNodes: redlockUrls.map(open),
    lockTtlMs,
    redisTimeoutMs: 300,
  });
  if (!redlock) throw new Error('it has the nodes, and no redlock');
  return { ...others, redlock };
}

const allAnswer = (modes: AllModes) => vi.waitFor(() => Promise.all(Object.values(modes).map((mode) => mode.ping())));

beforeAll(async () => {
  const stack = inject('stack');
  db = openDatabase({ url: stack.mysqlUrl, poolMax: 10, timeoutMs: 5000, say: () => {} });
  here = modesOver(stack);
  elsewhere = modesOver(stack);
  const nobody = 'redis://127.0.0.1:1'; // nothing listens there
  cutOff = modesOver({ redisUrl: nobody, redlockUrls: Array(5).fill(nobody) });
  await Promise.all([here, elsewhere].map(allAnswer));
});

afterAll(async () => {
  for (const redis of connections) redis.disconnect();
  await db.destroy();
});

const section = (key: string, { userId = 1, waitMs = 1000, signal = new AbortController().signal } = {}) => ({
  key,
  userId,
  requestId: randomUUID(),
  waitMs,
  signal,
});

/** Holds `key` in `mode` until it is told to leave. */
async function hold(mode: LockMode, key: string): Promise<{ leave: () => Promise<unknown> }> {
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  let done: Promise<unknown> = Promise.resolve();
  await new Promise<void>((entered) => {
    done = mode.guard(section(key), async () => {
      entered();
      await left;
    });
  });
  return {
    leave() {
      leave();
      return done;
    },
  };
}

describe.each(lockModeNames)('%s', (name) => {
  const newKey = () => `PAYMENT_contract_${randomUUID()}`;
  const scope = keepsOut[name];

  test('runs the work and hands its value on', async () => {
    expect(await here[name].guard(section(newKey()), async () => 42)).toEqual({ outcome: 'done', value: 42 });
  });

  test('throws what the work throws, and has left the section by then', async () => {
    const key = newKey();
    const broken = new Error('the work has failed');
    await expect(here[name].guard(section(key), () => Promise.reject(broken))).rejects.toBe(broken);
    expect((await elsewhere[name].guard(section(key, { waitMs: 0 }), async () => {})).outcome).toBe('done');
  });

  test('reads and writes the account, and records which read the write relied on', async () => {
    const [userId = 0] = await db('users').insert({ name: 'Contract' });
    const seen = await here[name].guard(section(newKey(), { userId }), async (account) => {
      const basis = await account.read();
      if (!basis) throw new Error('no such user');
      return [basis, await account.write(true, basis), await account.read()];
    });
    expect(seen).toEqual({
      outcome: 'done',
      value: [{ paid: false, version: 0, openCharges: [] }, 'written', { paid: true, version: 1, openCharges: [] }],
    });
    expect(await db('flag_writes').where({ user_id: userId })).toMatchObject([
      { paid: 1, read_version: 0, overwritten_version: 0, instance: 'contract' },
    ]);
  });

  test('reads no account, and writes none, for a user who is not there', async () => {
    const seen = await here[name].guard(section(newKey(), { userId: 4_000_000_000 }), async (account) => [
      await account.read(),
      await account.write(true, { paid: false, version: 0, openCharges: [] }),
    ]);
    expect(seen).toEqual({ outcome: 'done', value: [undefined, 'refused'] });
  });

  test('never keeps out a request with another key', async () => {
    const held = await hold(here[name], newKey());
    expect((await here[name].guard(section(newKey(), { waitMs: 0 }), async () => {})).outcome).toBe('done');
    await held.leave();
  });

  test.each([
    { rival: 'the same instance', modes: () => here, keptOut: scope !== 'nobody' },
    { rival: 'another instance', modes: () => elsewhere, keptOut: scope === 'everyone' },
  ])(`against a rival of $rival, keeps out: $keptOut`, async ({ modes, keptOut }) => {
    const key = newKey();
    const held = await hold(here[name], key);
    let ran = false;
    const entry = await modes()[name].guard(section(key, { waitMs: 50 }), async () => {
      ran = true;
    });
    expect(entry.outcome).toBe(keptOut ? 'busy' : 'done');
    expect(ran).toBe(!keptOut);
    await held.leave();
    expect((await modes()[name].guard(section(key), async () => {})).outcome).toBe('done');
  });

  if (scope !== 'nobody') {
    test('is one try with no wait, and says when to come again', async () => {
      const key = newKey();
      const held = await hold(here[name], key);
      const entry = await here[name].guard(section(key, { waitMs: 0 }), async () => {});
      expect(entry).toEqual({ outcome: 'busy', retryAfterMs: expect.any(Number) });
      await held.leave();
    });

    test('lets a waiting request in once the holder has left', async () => {
      const key = newKey();
      const held = await hold(here[name], key);
      const waiting = here[name].guard(section(key, { waitMs: 5000 }), async () => 'in');
      await sleep(30);
      await held.leave();
      expect(await waiting).toEqual({ outcome: 'done', value: 'in' });
    });

    test('ends the wait, and never begins the work, when the caller has gone', async () => {
      const key = newKey();
      const held = await hold(here[name], key);
      const gone = new AbortController();
      let ran = false;
      const waiting = here[name].guard(section(key, { waitMs: 5000, signal: gone.signal }), async () => {
        ran = true;
      });
      gone.abort();
      expect(await waiting).toEqual({ outcome: 'aborted' });
      await held.leave();
      await sleep(60); // longer than a waiter pauses between two tries
      expect(ran).toBe(false);
    });

    test('twenty at once, from two instances where it keeps everyone out, never meet inside', async () => {
      const key = newKey();
      let inside = 0;
      let most = 0;
      const entries = await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const modes = scope === 'everyone' && index % 2 === 1 ? elsewhere : here;
          return modes[name].guard(section(key, { waitMs: 15_000 }), async () => {
            most = Math.max(most, ++inside);
            await sleep(2);
            inside -= 1;
          });
        }),
      );
      expect(entries.map(({ outcome }) => outcome)).toEqual(Array(20).fill('done'));
      expect(most).toBe(1);
    });
  }

  if (scope === 'everyone') {
    test('fails closed while its lock service is away: the work is not begun', async () => {
      let ran = false;
      const startedAt = performance.now();
      const entry = await cutOff[name].guard(section(newKey(), { waitMs: 5000 }), async () => {
        ran = true;
      });
      expect(entry).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
      expect(performance.now() - startedAt).toBeLessThan(1000);
      expect(ran).toBe(false);
      await expect(cutOff[name].ping()).rejects.toThrow();
    });
  }
});

/** What tells the locks on Redis apart: a holder whose time has run out. */
describe('a holder that outlives its TTL', () => {
  const outlived = 'PAYMENT_outlived';

  async function briefModes(): Promise<AllModes> {
    const brief = modesOver(inject('stack'), 40);
    await allAnswer(brief);
    return brief;
  }

  async function whoIsKeptOut(name: LockModeName) {
    const brief = await briefModes();
    const key = `${outlived}_${randomUUID()}`;
    const late = await hold(brief[name], key);
    const rival = hold(here[name], key); // gets in when the TTL has run out
    const second = await rival;
    await late.leave();
    const third = await elsewhere[name].guard(section(key, { waitMs: 0 }), async () => {});
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
    const brief = await briefModes();
    const [userId = 0] = await db('users').insert({ name: 'Late' });
    const entry = await brief[name].guard(section(`${outlived}_${randomUUID()}`, { userId }), async (account) => {
      const basis = await account.read();
      await sleep(60);
      return basis && account.write(true, basis);
    });
    expect(entry).toEqual({ outcome: 'done', value: 'refused' });
    expect(await db('users').where({ id: userId })).toMatchObject([{ paid: 0, version: 0 }]);
  });
});
