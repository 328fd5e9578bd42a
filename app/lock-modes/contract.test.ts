import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { hold, newTarget, nowhere, openModes, sectionFor, sharedModes, toPaid } from '../testing/lock-modes.ts';
import { sharedDb } from '../testing/shared.ts';
import { lockModeNames, lockModeTraits } from './registry.ts';

const db = sharedDb();
const {
  here: { modes: here },
  elsewhere: { modes: elsewhere },
} = await sharedModes();
/** An instance without a reachable Redis or MySQL. */
const { modes: cutOff, close } = await openModes(nowhere);
afterAll(close);

describe.each(lockModeNames)('%s', (name) => {
  const { excludes } = lockModeTraits[name];
  const excludesElsewhere = excludes === 'key' || excludes === 'user';

  test('runs the work and returns its value', async () => {
    expect(await here[name].guard(sectionFor(await newTarget()), async () => 42)).toEqual({
      outcome: 'done',
      value: 42,
    });
  });

  test('throws what the work throws, after leaving the section', async () => {
    const target = await newTarget();
    const broken = new Error('the work has failed');
    await expect(here[name].guard(sectionFor(target), () => Promise.reject(broken))).rejects.toBe(broken);
    expect((await elsewhere[name].guard(sectionFor(target, { waitMs: 0 }), async () => {})).outcome).toBe('done');
  });

  test('reads and writes the account, and records the version read', async () => {
    const target = await newTarget();
    const seen = await here[name].guard(sectionFor(target), async (account) => {
      const snapshot = await account.read();
      if (!snapshot) throw new Error('no such user');
      return [snapshot, await account.write(toPaid, snapshot), await account.read()];
    });
    expect(seen).toEqual({
      outcome: 'done',
      value: [{ paid: false, version: 0, openCharges: [] }, 'written', { paid: true, version: 1, openCharges: [] }],
    });
    expect(await db('flag_writes').where({ user_id: target.userId })).toMatchObject([
      { paid: 1, read_version: 0, overwritten_version: 0, instance: 'test' },
    ]);
  });

  test('names the lock that requests wait for, if any', async () => {
    const section = sectionFor({ key: 'PAYMENT_7_4900', userId: 7 });
    const locks = { none: undefined, instance: section.key, key: section.key, user: 'users row 7' };
    expect(here[name].lockOf?.(section)).toBe(locks[excludes]);
  });

  test('writes with the precondition unchanged only over the version read', async () => {
    const target = await newTarget();
    const fresh = { paid: false, version: 0, openCharges: [] };
    const writeOver = async (version: number) => {
      const entry = await here[name].guard(sectionFor(target), (account) =>
        account.write(toPaid, { ...fresh, version }, 'unchanged'),
      );
      return entry.outcome === 'done' && entry.value;
    };
    expect([await writeOver(1), await writeOver(0), await writeOver(0)]).toEqual(['refused', 'written', 'refused']);
    expect(await db('flag_writes').where({ user_id: target.userId })).toHaveLength(1);
  });

  test('neither reads nor writes an unknown user', async () => {
    const unknown = { key: `PAYMENT_contract_${randomUUID()}`, userId: 4_000_000_000 };
    const seen = await here[name].guard(sectionFor(unknown), async (account) => [
      await account.read(),
      await account.write(toPaid, { paid: false, version: 0, openCharges: [] }),
    ]);
    expect(seen).toEqual({ outcome: 'done', value: [undefined, 'refused'] });
  });

  test('never blocks a request for another user', async () => {
    await using held = await hold(here[name], sectionFor(await newTarget()));
    const other = sectionFor(await newTarget(), { waitMs: 0 });
    expect((await here[name].guard(other, async () => {})).outcome).toBe('done');
    await held.leave();
  });

  test.each([
    { rival: 'the same instance', modes: () => here, blocked: excludes !== 'none' },
    { rival: 'another instance', modes: () => elsewhere, blocked: excludesElsewhere },
  ])(`blocks a rival on $rival: $blocked`, async ({ modes, blocked }) => {
    const target = await newTarget();
    await using held = await hold(here[name], sectionFor(target));
    let ran = false;
    const entry = await modes()[name].guard(sectionFor(target, { waitMs: 50 }), async () => {
      ran = true;
    });
    expect(entry.outcome).toBe(blocked ? 'busy' : 'done');
    expect(ran).toBe(!blocked);
    await held.leave();
    expect((await modes()[name].guard(sectionFor(target), async () => {})).outcome).toBe('done');
  });

  if (excludes !== 'none') {
    test('tries once without a wait, and says when to retry', async () => {
      const target = await newTarget();
      await using held = await hold(here[name], sectionFor(target));
      const entry = await here[name].guard(sectionFor(target, { waitMs: 0 }), async () => {});
      expect(entry).toEqual({ outcome: 'busy', retryAfterMs: expect.any(Number) });
      await held.leave();
    });

    test('admits a waiting request once the holder has left', async () => {
      const target = await newTarget();
      await using held = await hold(here[name], sectionFor(target));
      const waiting = here[name].guard(sectionFor(target, { waitMs: 100_000 }), async () => 'admitted');
      // The later request, which does not wait, is refused: the earlier one has tried by then, and waits.
      expect((await here[name].guard(sectionFor(target, { waitMs: 0 }), async () => {})).outcome).toBe('busy');
      await held.leave();
      expect(await waiting).toEqual({ outcome: 'done', value: 'admitted' });
    });

    test('stops waiting and never begins the work once the caller disconnects', async () => {
      const target = await newTarget();
      await using held = await hold(here[name], sectionFor(target));
      const gone = new AbortController();
      let ran = false;
      const waiting = here[name].guard(sectionFor(target, { waitMs: 100_000, signal: gone.signal }), async () => {
        ran = true;
      });
      gone.abort();
      expect(await waiting).toEqual({ outcome: 'aborted' });
      await held.leave();
      // The next request is admitted, so the aborted one is no longer ahead of it.
      expect((await here[name].guard(sectionFor(target, { waitMs: 100_000 }), async () => {})).outcome).toBe('done');
      expect(ran).toBe(false);
    });

    test('admits one of twenty concurrent requests at a time', async () => {
      const target = await newTarget();
      let inside = 0;
      let most = 0;
      const entries = await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const modes = excludesElsewhere && index % 2 === 1 ? elsewhere : here;
          return modes[name].guard(sectionFor(target, { waitMs: 100_000 }), async () => {
            most = Math.max(most, ++inside);
            await db.raw('SELECT 1'); // time for the others to enter
            inside -= 1;
          });
        }),
      );
      expect(entries.map(({ outcome }) => outcome)).toEqual(Array(20).fill('done'));
      expect(most).toBe(1);
    });
  }

  if (excludesElsewhere) {
    test('fails closed while its lock service is down', async () => {
      let ran = false;
      const target = await newTarget();
      const entry = await cutOff[name].guard(sectionFor(target, { waitMs: 100_000 }), async () => {
        ran = true;
      });
      expect(entry).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
      expect(ran).toBe(false);
    });
  }
});
