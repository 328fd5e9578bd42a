import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../database/open.ts';
import {
  type AllModes,
  hold,
  type ModesOptions,
  nowhere,
  openModes,
  sectionFor,
  type TestModes,
} from '../testing/lock-modes.ts';
import { testStack } from '../testing/stack.ts';
import { type CriticalSection, type LockModeName, lockModeNames } from './index.ts';

/** Whom a mode keeps out while one is inside: nobody, the requests of the same instance, or everyone. */
const keepsOut: Record<LockModeName, 'nobody' | 'instance' | 'everyone'> = {
  none: 'nobody',
  memory: 'instance',
  naive: 'everyone',
  redis: 'everyone',
  redlock: 'everyone',
  fenced: 'everyone',
  row: 'everyone',
  version: 'nobody', // it refuses writes instead
};
/** What a mode asks for besides the database of the accounts. */
const lockServices: Partial<Record<LockModeName, string>> = {
  naive: 'Redis',
  redis: 'Redis',
  redlock: 'a majority of its nodes',
  fenced: 'Redis',
};

let here: AllModes;
let elsewhere: AllModes;
/** An instance whose Redis and MySQL are away. */
let cutOff: AllModes;
let db: Knex;
const opened: TestModes[] = [];

async function open(options: ModesOptions = {}): Promise<AllModes> {
  const instance = await openModes(options);
  opened.push(instance);
  return instance.modes;
}

beforeAll(async () => {
  db = openDatabase({ url: testStack().mysqlUrl, poolMax: 2, timeoutMs: 30_000, say: () => {} });
  [here, elsewhere, cutOff] = await Promise.all([open(), open(), open(nowhere)]);
});

afterAll(async () => {
  for (const instance of opened) await instance.close();
  await db.destroy();
});

type Place = Pick<CriticalSection, 'key' | 'userId'>;

/** A user whom nobody else is concerned with, and the key that requests for it go by. */
async function newPlace(): Promise<Place> {
  const [userId = 0] = await db('users').insert({ name: 'Contract' });
  return { userId, key: `PAYMENT_contract_${userId}_${randomUUID()}` };
}

describe.each(lockModeNames)('%s', (name) => {
  const scope = keepsOut[name];

  test('runs the work and hands its value on', async () => {
    expect(await here[name].guard(sectionFor(await newPlace()), async () => 42)).toEqual({
      outcome: 'done',
      value: 42,
    });
  });

  test('throws what the work throws, and has left the section by then', async () => {
    const place = await newPlace();
    const broken = new Error('the work has failed');
    await expect(here[name].guard(sectionFor(place), () => Promise.reject(broken))).rejects.toBe(broken);
    expect((await elsewhere[name].guard(sectionFor(place, { waitMs: 0 }), async () => {})).outcome).toBe('done');
  });

  test('reads and writes the account, and records which read the write relied on', async () => {
    const place = await newPlace();
    const seen = await here[name].guard(sectionFor(place), async (account) => {
      const basis = await account.read();
      if (!basis) throw new Error('no such user');
      return [basis, await account.write(true, basis), await account.read()];
    });
    expect(seen).toEqual({
      outcome: 'done',
      value: [{ paid: false, version: 0, openCharges: [] }, 'written', { paid: true, version: 1, openCharges: [] }],
    });
    expect(await db('flag_writes').where({ user_id: place.userId })).toMatchObject([
      { paid: 1, read_version: 0, overwritten_version: 0, instance: 'test' },
    ]);
  });

  test('names what a request waits for, unless nobody waits', async () => {
    const section = sectionFor({ key: 'PAYMENT_7_4900', userId: 7 });
    const locks: Partial<Record<LockModeName, unknown>> = { none: undefined, version: undefined, row: 'users row 7' };
    expect(here[name].lockOf?.(section)).toBe(name in locks ? locks[name] : section.key);
  });

  test('a write that demands that nothing has changed is carried out over the version that it relied on, and no other', async () => {
    const place = await newPlace();
    const fresh = { paid: false, version: 0, openCharges: [] };
    const writeOver = async (version: number) => {
      const entry = await here[name].guard(sectionFor(place), (account) =>
        account.write(true, { ...fresh, version }, 'unchanged'),
      );
      return entry.outcome === 'done' && entry.value;
    };
    expect([await writeOver(1), await writeOver(0), await writeOver(0)]).toEqual(['refused', 'written', 'refused']);
    expect(await db('flag_writes').where({ user_id: place.userId })).toHaveLength(1);
  });

  test('reads no account, and writes none, for a user who is not there', async () => {
    const nobody = { key: `PAYMENT_contract_${randomUUID()}`, userId: 4_000_000_000 };
    const seen = await here[name].guard(sectionFor(nobody), async (account) => [
      await account.read(),
      await account.write(true, { paid: false, version: 0, openCharges: [] }),
    ]);
    expect(seen).toEqual({ outcome: 'done', value: [undefined, 'refused'] });
  });

  test('never keeps out a request for another user', async () => {
    await using held = await hold(here[name], sectionFor(await newPlace()));
    const other = sectionFor(await newPlace(), { waitMs: 0 });
    expect((await here[name].guard(other, async () => {})).outcome).toBe('done');
    await held.leave();
  });

  test.each([
    { rival: 'the same instance', modes: () => here, keptOut: scope !== 'nobody' },
    { rival: 'another instance', modes: () => elsewhere, keptOut: scope === 'everyone' },
  ])(`against a rival of $rival, keeps out: $keptOut`, async ({ modes, keptOut }) => {
    const place = await newPlace();
    await using held = await hold(here[name], sectionFor(place));
    let ran = false;
    const entry = await modes()[name].guard(sectionFor(place, { waitMs: 50 }), async () => {
      ran = true;
    });
    expect(entry.outcome).toBe(keptOut ? 'busy' : 'done');
    expect(ran).toBe(!keptOut);
    await held.leave();
    expect((await modes()[name].guard(sectionFor(place), async () => {})).outcome).toBe('done');
  });

  if (scope !== 'nobody') {
    test('is one try with no wait, and says when to come again', async () => {
      const place = await newPlace();
      await using held = await hold(here[name], sectionFor(place));
      const entry = await here[name].guard(sectionFor(place, { waitMs: 0 }), async () => {});
      expect(entry).toEqual({ outcome: 'busy', retryAfterMs: expect.any(Number) });
      await held.leave();
    });

    test('lets a waiting request in once the holder has left', async () => {
      const place = await newPlace();
      await using held = await hold(here[name], sectionFor(place));
      const waiting = here[name].guard(sectionFor(place, { waitMs: 100_000 }), async () => 'in');
      // Who comes later and does not wait has been refused: so has the one before, and waits.
      expect((await here[name].guard(sectionFor(place, { waitMs: 0 }), async () => {})).outcome).toBe('busy');
      await held.leave();
      expect(await waiting).toEqual({ outcome: 'done', value: 'in' });
    });

    test('ends the wait, and never begins the work, when the caller has gone', async () => {
      const place = await newPlace();
      await using held = await hold(here[name], sectionFor(place));
      const gone = new AbortController();
      let ran = false;
      const waiting = here[name].guard(sectionFor(place, { waitMs: 100_000, signal: gone.signal }), async () => {
        ran = true;
      });
      gone.abort();
      expect(await waiting).toEqual({ outcome: 'aborted' });
      await held.leave();
      // Whoever comes now gets in, so that nobody else is in front of it, or will be.
      expect((await here[name].guard(sectionFor(place, { waitMs: 100_000 }), async () => {})).outcome).toBe('done');
      expect(ran).toBe(false);
    });

    test('twenty at once, from two instances where it keeps everyone out, never meet inside', async () => {
      const place = await newPlace();
      let inside = 0;
      let most = 0;
      const entries = await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const modes = scope === 'everyone' && index % 2 === 1 ? elsewhere : here;
          return modes[name].guard(sectionFor(place, { waitMs: 100_000 }), async () => {
            most = Math.max(most, ++inside);
            await db.raw('SELECT 1'); // the others have every chance meanwhile
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
      const place = await newPlace();
      const entry = await cutOff[name].guard(sectionFor(place, { waitMs: 100_000 }), async () => {
        ran = true;
      });
      expect(entry).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
      expect(ran).toBe(false);
    });
  }

  test(`says by its ping whether what it needs besides the database is there: ${lockServices[name] ?? 'nothing'}`, async () => {
    await here[name].ping();
    const ping = cutOff[name].ping();
    await (lockServices[name] ? expect(ping).rejects.toThrow() : ping);
  });
});
