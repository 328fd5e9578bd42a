import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import { answered, event, lostUpdate, oneAfterTheOther, refused } from '../fixtures/runs.ts';
import { countAnswer, countEvent, countSent, isWhole, nothingYet } from './tally.ts';

test('counts requests, answers by kind, and lost updates', () => {
  const answers = [
    answered('paid'),
    answered('paid'),
    refused('lock-busy', 409),
    { outcome: 'unreachable', tookMs: 1 } as const,
  ];
  const sent = [1, 2, 3, 4].reduce(countSent, nothingYet);
  const tally = lostUpdate.reduce(countEvent, answers.reduce(countAnswer, sent));
  expect(tally).toEqual({
    sent: 4,
    answers: { paid: 2, 'lock-busy': 1, unreachable: 1 },
    staleWrites: 1,
    traced: { ended: 2, writers: 2, writes: 2 },
  });
  expect(nothingYet).toMatchObject({ sent: 0, answers: {}, staleWrites: 0 });
});

describe('the trace of a load is complete', () => {
  const tallyOf = (events: readonly TraceEvent[]) => events.reduce(countEvent, [1, 2].reduce(countSent, nothingYet));

  test('with each answer, and each write’s overwritten version', () => {
    expect(isWhole(tallyOf(lostUpdate))).toBe(true);
    const busy = event('cancel', 'answered', 2000, { outcome: 'lock-busy', httpStatus: 409 });
    expect(isWhole(tallyOf([...oneAfterTheOther.filter(({ kind }) => kind === 'pay'), busy]))).toBe(true);
  });

  test.each([
    ['an end', oneAfterTheOther.slice(0, -1)],
    ['a write', oneAfterTheOther.slice(1)],
    ['what a write overwrote', oneAfterTheOther.map(({ overwrote: _, ...rest }) => rest)],
    ['all of it', []],
  ])('but not without %s', (_, events) => {
    expect(isWhole(tallyOf(events))).toBe(false);
  });
});
