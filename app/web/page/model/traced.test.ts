import { describe, expect, test } from 'vitest';
import { event, lostUpdate, oneAfterTheOther, run } from './fixtures/runs.ts';
import { describeUnseen, fateOfWrite, isEnded } from './traced.ts';

const without = (kind: string, step: string) =>
  oneAfterTheOther.filter((event) => !(event.kind === kind && event.step === step));

test('a run has ended for the trace when it has told of each call that it was answered', () => {
  expect(isEnded(run({ events: oneAfterTheOther }))).toBe(true);
  for (const kind of ['pay', 'cancel']) expect(isEnded(run({ events: without(kind, 'answered') }))).toBe(false);
});

describe('what a trace has not seen', () => {
  test('is nothing, where each request is there to its answer and each write says what it overwrote', () => {
    expect(describeUnseen(run({ events: oneAfterTheOther }))).toBeUndefined();
    expect(describeUnseen(run({ events: lostUpdate }))).toBeUndefined();
  });

  test('is all of it, where there are no events', () => {
    expect(describeUnseen(run())).toBe('There is no trace of this run.');
  });

  test.each([
    ['pay', 'written'],
    ['cancel', 'written'],
    ['cancel', 'answered'],
  ])('is told, where the %s is not there as %s', (kind, step) => {
    expect(describeUnseen(run({ events: without(kind, step) }))).toBe(
      `The trace does not show all that the ${kind} has done.`,
    );
  });

  test('is told, where a write does not say what it overwrote', () => {
    const events = [...without('pay', 'written'), event('pay', 'written', 5, { paid: true, readVersion: 0 })];
    expect(describeUnseen(run({ events }))).toBe('The trace does not show what the pay has overwritten.');
  });

  test('is no write, where the answer says that there was none', () => {
    const busy = event('cancel', 'answered', 2000, { outcome: 'lock-busy', httpStatus: 409 });
    const events = [...oneAfterTheOther.filter(({ kind }) => kind === 'pay'), busy];
    expect(describeUnseen(run({ events }))).toBeUndefined();
  });

  test('is told of the one call among many that it is of', () => {
    const events = [event('pay', 'written', 5, { paid: true, readVersion: 0 })];
    expect(describeUnseen(run({ settings: { scenario: 'storm' }, events }))).toMatch(/what pay A has overwritten/);
  });
});

describe('what became of a write', () => {
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
