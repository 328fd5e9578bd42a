import { describe, expect, test } from 'vitest';
import { event, lostUpdate, oneAfterTheOther, run } from '../fixtures/runs.ts';
import { describeUnseen, fateOfWrite, isEnded } from './traced.ts';

const without = (kind: string, step: string) =>
  oneAfterTheOther.filter((event) => !(event.kind === kind && event.step === step));

test('a run has ended once the trace shows the answer to each call', () => {
  expect(isEnded(run({ events: oneAfterTheOther }))).toBe(true);
  for (const kind of ['pay', 'cancel']) expect(isEnded(run({ events: without(kind, 'answered') }))).toBe(false);
});

describe('what a trace misses', () => {
  test('is nothing if it shows each answer and what each write overwrote', () => {
    expect(describeUnseen(run({ events: oneAfterTheOther }))).toBeUndefined();
    expect(describeUnseen(run({ events: lostUpdate }))).toBeUndefined();
  });

  test('is everything if there are no events', () => {
    expect(describeUnseen(run())).toBe('There is no trace of this run.');
  });

  test.each([
    ['pay', 'written'],
    ['cancel', 'written'],
    ['cancel', 'answered'],
  ])('is described where the %s has no event “%s”', (kind, step) => {
    expect(describeUnseen(run({ events: without(kind, step) }))).toBe(`The trace of the ${kind} is incomplete.`);
  });

  test('is described where a write does not say what it overwrote', () => {
    const events = [...without('pay', 'written'), event('pay', 'written', 5, { paid: true, readVersion: 0 })];
    expect(describeUnseen(run({ events }))).toBe('The trace does not show what the pay overwrote.');
  });

  test('is no write where the answer rules one out', () => {
    const busy = event('cancel', 'answered', 2000, { outcome: 'lock-busy', httpStatus: 409 });
    const events = [...oneAfterTheOther.filter(({ kind }) => kind === 'pay'), busy];
    expect(describeUnseen(run({ events }))).toBeUndefined();
  });

  test('names the call among several', () => {
    const events = [event('pay', 'written', 5, { paid: true, readVersion: 0 })];
    expect(describeUnseen(run({ settings: { scenario: 'storm' }, events }))).toMatch(/what pay A overwrote/);
  });
});

describe('the result of a write', () => {
  const written = (rest: object) => [event('pay', 'written', 1, { readVersion: 3, ...rest })];
  test.each([
    [written({ overwrote: 3 }), 'in order'],
    [written({ overwrote: 4 }), 'stale'],
    [written({}), 'unseen'],
    [[event('pay', 'refused', 1)], 'refused'],
    [[event('pay', 'charged', 1)], 'unseen'],
    [[event('pay', 'answered', 1, { outcome: 'paid' })], 'unseen'],
    [[event('pay', 'answered', 1, { outcome: 'unavailable' })], undefined],
    [[], 'unseen'],
  ] as const)('%# is %s', (own, fate) => {
    expect(fateOfWrite(own)).toBe(fate);
  });
});
