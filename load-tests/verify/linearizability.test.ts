import { describe, expect, test } from 'vitest';
import { seeded } from '../../app/web/page/state/random.ts';
import { compareWithSearch, disagreementOn } from './checker-trials/disagreement.ts';
import { readHistoryFixtures } from './checker-trials/fixtures.ts';
import { randomHistory } from './checker-trials/random-history.ts';
import { searchLinearization } from './checker-trials/wing-gong.ts';
import { checkLinearizability } from './linearizability.ts';
import type { Operation } from './operation.ts';

describe('hand-written histories, listed in any order', () => {
  test.each(readHistoryFixtures())('$name: linearizable is $linearizable', ({ history, linearizable }) => {
    expect(checkLinearizability(history).linearizable).toBe(linearizable);
    expect(checkLinearizability([...history].reverse()).linearizable).toBe(linearizable);
    expect(searchLinearization(history)).toBe(linearizable);
    expect(disagreementOn(history, checkLinearizability)).toBeUndefined();
  });
});

test.each([1, 2])('agrees with the exhaustive search on random histories (seed %i)', (seed) => {
  const { disagreement, linearizable, notLinearizable } = compareWithSearch(checkLinearizability, seeded(seed), 3000);
  expect(disagreement, `seed ${seed}`).toBeUndefined();
  expect(Math.min(linearizable, notLinearizable), 'of both verdicts').toBeGreaterThan(600);
});

test('accepts long linearizable histories with any number of overlaps', () => {
  for (const spreadMs of [0, 3, 300]) {
    const history = randomHistory(seeded(3), { operations: 20_000, spreadMs, unknownOneIn: 10 });
    expect(checkLinearizability(history)).toEqual({ linearizable: true });
  }
});

describe('a violation', () => {
  const pay = (invokedAtMs: number, returnedAtMs: number, answer: 'paid' | 'already_paid' | 'unknown'): Operation => ({
    call: 'pay',
    answer,
    invokedAtMs,
    returnedAtMs,
  });
  const cancel = (invokedAtMs: number, returnedAtMs: number, answer: 'cancelled' | 'unknown'): Operation => ({
    call: 'cancel',
    answer,
    invokedAtMs,
    returnedAtMs,
  });

  test('shows the first impossible answer and the operations since the last quiet point', () => {
    const quiet = [pay(0, 10, 'paid'), cancel(20, 30, 'cancelled'), pay(25, 40, 'already_paid')];
    const failing = [pay(50, 70, 'paid'), pay(55, 80, 'paid'), pay(60, 90, 'paid')];
    expect(checkLinearizability([...quiet, ...failing, cancel(100, 110, 'cancelled')])).toEqual({
      linearizable: false,
      violation: { impossible: failing[1], flag: 'paid', operations: failing, flagAtQuiet: 'free', pending: [] },
    });
  });

  test('shows a quiet read together with the calls that it contradicts', () => {
    const read: Operation = { call: 'read', answer: 'paid', invokedAtMs: 90, returnedAtMs: 91 };
    const before = [pay(0, 10, 'paid'), cancel(20, 30, 'cancelled')];
    const contradicted = [pay(50, 70, 'paid'), cancel(55, 65, 'cancelled')];
    expect(checkLinearizability([...before, ...contradicted, read])).toMatchObject({
      violation: { impossible: read, flag: 'free', operations: [...contradicted, read], flagAtQuiet: 'free' },
    });
  });

  test('names earlier unknown operations that no answer has needed', () => {
    const [needed, pending] = [pay(0, 5, 'unknown'), cancel(2, 6, 'unknown')];
    const since = [cancel(50, 60, 'cancelled')];
    const history = [needed, pending, cancel(20, 30, 'cancelled'), ...since];
    expect(checkLinearizability(history)).toMatchObject({
      violation: { impossible: since[0], flag: 'free', operations: since, flagAtQuiet: 'free', pending: [pending] },
    });
  });
});

test.each([
  [{ call: 'read', answer: 'free', invokedAtMs: 2, returnedAtMs: 1 }, /invoked at 2 ms and returned at 1 ms/],
  [{ call: 'read', answer: 'free', invokedAtMs: 2, returnedAtMs: Number.NaN }, /returned at NaN ms/],
  [{ call: 'pay', answer: 'cancelled', invokedAtMs: 1, returnedAtMs: 2 }, /a pay is never answered cancelled/],
])('rejects an invalid operation: %j', (operation, message) => {
  expect(() => checkLinearizability([operation as Operation])).toThrow(message);
});
