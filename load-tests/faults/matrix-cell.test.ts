import { describe, expect, test } from 'vitest';
import { singleViolations } from '../verify/fixtures.ts';
import { noWitnesses } from '../verify/verdict.ts';
import { callOf, loadOf } from './evidence/fixtures.ts';
import { anomalyOf } from './evidence/ledger.ts';
import { longestSilenceMs, servedIn } from './evidence/load-result.ts';
import { isAsExpected, unexpectedViolation, untilConclusive, verdictOf, whyUntested } from './matrix-cell.ts';

const clean = { ...noWitnesses, linearizable: true };
const none = { acknowledged: 0, lost: 0 };
const results = {
  witnesses: clean,
  ...none,
  halves: [none, none] as const,
  carriedOut: 1,
  refused: 0,
  unknown: 0,
  onlyByUnknown: 0,
  unfinished: [],
};

describe('a cell', () => {
  test.each(singleViolations)('is violated when one witness finds a violation: %j', (seen) => {
    const violated = { ...results, carriedOut: 0, witnesses: { ...clean, ...seen } };
    expect(verdictOf(violated, { loads: [] })).toBe('violated');
  });

  test('has held when a request was served', () => {
    expect(verdictOf(results, { loads: [] })).toBe('held');
    expect(verdictOf(results, { loads: [loadOf(callOf('paid', 120))] })).toBe('held');
  });

  test('was unavailable when no request was served during the fault', () => {
    expect(verdictOf({ ...results, carriedOut: 0, refused: 1 }, { loads: [] })).toBe('unavailable');
    const served = [callOf('paid', 50), callOf('paid', 95), callOf('cancelled', 195), callOf('refused', 120)];
    expect(verdictOf(results, { loads: [loadOf(...served)] })).toBe('unavailable');
  });

  test('is inconclusive when no request was carried out, and none was refused', () => {
    expect(verdictOf({ ...results, carriedOut: 0 }, { loads: [] })).toBe('inconclusive');
    expect(verdictOf(results, { loads: [loadOf()] })).toBe('inconclusive');
    expect(verdictOf(results, { loads: [loadOf(callOf('unknown', 120), callOf('refused', 250))] })).toBe(
      'inconclusive',
    );
  });

  test.each([
    ['one after the other', [callOf('paid', 120), callOf('cancelled', 140)]],
    ['for two users', [callOf('paid', 120), { ...callOf('paid', 120), userId: 2 }]],
    ['of which one was refused', [callOf('paid', 120), callOf('refused', 120)]],
    ['that changed nothing', [callOf('already_paid', 120), callOf('already_paid', 120)]],
    ['before the fault', [callOf('paid', 20), callOf('already_paid', 20), callOf('paid', 150)]],
  ])('is inconclusive under a contended load with only requests %s', (_, calls) => {
    const load = loadOf(...calls);
    expect(verdictOf(results, { loads: [{ ...load, isContended: true }] })).toBe('inconclusive');
    expect(verdictOf(results, { loads: [load] })).toBe('held'); // of durability
  });

  test('is inconclusive under a load of which most calls had an unknown outcome', () => {
    const loads = [loadOf(callOf('paid', 120))];
    expect(verdictOf({ ...results, unknown: 2 }, { loads })).toBe('inconclusive');
    expect(verdictOf({ ...results, unknown: 1 }, { loads })).toBe('held');
  });

  test('has held under a contended load when two requests met', () => {
    const load = { ...loadOf(callOf('paid', 120), callOf('already_paid', 121)), isContended: true };
    expect(verdictOf(results, { loads: [load] })).toBe('held');
    expect(whyUntested(results, { loads: [load] })).toBeUndefined();
  });
});

test('a cell is as expected by its verdict and, if specified, its third request', () => {
  const naive = { verdict: 'violated', thirdGotIn: true } as const;
  expect(isAsExpected(naive, { verdict: 'violated', thirdGotIn: true })).toBe(true);
  expect(isAsExpected(naive, { verdict: 'violated', thirdGotIn: false })).toBe(false);
  expect(isAsExpected(naive, { verdict: 'violated' })).toBe(false);
  expect(isAsExpected(naive, { verdict: 'held', thirdGotIn: true })).toBe(false);
  expect(isAsExpected({ verdict: 'held' }, { verdict: 'held', thirdGotIn: true })).toBe(true);
});

describe('an inconclusive cell', () => {
  const stale = { ...results, witnesses: { ...clean, staleWrites: 1 } };

  test('is violated if a witness found an unexpected violation', async () => {
    expect(await unexpectedViolation({ verdict: 'held' }, async () => stale)).toBe(stale);
    expect(await unexpectedViolation({ verdict: 'held' }, async () => results)).toBeUndefined();
    expect(await unexpectedViolation({ verdict: 'violated' }, async () => stale)).toBeUndefined();
    const error = new Error('not quiet');
    expect(await unexpectedViolation({ verdict: 'held' }, () => Promise.reject(error))).toBe(error);
  });

  const late = { verdict: 'inconclusive', inconclusive: 'A was late' } as const;

  test('is retried with another seed until it is conclusive', async () => {
    const seeds: number[] = [];
    const runOnce = async (tried: number) => {
      seeds.push(tried);
      return tried === 0 ? late : ({ verdict: 'held' } as const);
    };
    expect(await untilConclusive(runOnce, 0)).toEqual({
      result: { verdict: 'held' },
      tries: 2,
      untested: ['A was late'],
    });
    expect(seeds).toEqual([0, 1]);
  });

  test('is reported as inconclusive after three tries', async () => {
    const { result, tries, untested } = await untilConclusive(async () => late, 0);
    expect([result.verdict, tries, untested.length]).toEqual(['inconclusive', 3, 3]);
  });
});

test('counts carried-out calls as served, not refused or unknown ones', () => {
  const answers = ['paid', 'already_paid', 'cancelled', 'nothing_to_cancel', 'refused', 'unknown'] as const;
  expect(servedIn(loadOf(...answers.map((answer) => callOf(answer, 120))))).toBe(4);
});

test('measures the longest silence between served calls, ignoring refused ones', () => {
  expect(longestSilenceMs(loadOf(callOf('paid', 0), callOf('refused', 80), callOf('paid', 300)))).toBe(300);
  expect(longestSilenceMs(loadOf())).toBe(0);
});

test('counts the silence before the first served call and after the last one', () => {
  const late = [callOf('refused', 0), callOf('paid', 700), callOf('refused', 900), callOf('refused', 2000)];
  expect(longestSilenceMs(loadOf(...late))).toBe(1300);
  expect(longestSilenceMs(loadOf(...late.slice(0, 3)))).toBe(710);
  expect(longestSilenceMs(loadOf(callOf('refused', 0), callOf('unknown', 490)))).toBe(500);
});

test.each([
  [true, 4900, undefined],
  [false, 0, undefined],
  [true, 9900, undefined],
  [true, 0, 'accessWithoutPaying'],
  [false, 4900, 'chargedWithoutAccess'],
  [true, 9800, 'chargedTwice'],
  [false, 14_800, 'chargedTwice'],
])('anomaly of a user with paid=%j and %i charged: %s', (paid, balance, wrong) => {
  expect(anomalyOf(paid, balance, new Set([4900, 9900]))).toBe(wrong);
});

test.each([
  // A half-done pay explains one charge more, a half-done cancel a refund.
  [false, 4900, { pays: 1, cancels: 0 }, undefined],
  [true, 9800, { pays: 1, cancels: 0 }, undefined],
  [true, 0, { pays: 0, cancels: 1 }, undefined],
  // They explain no more than that.
  [true, 0, { pays: 1, cancels: 0 }, 'accessWithoutPaying'],
  [true, 19_600, { pays: 1, cancels: 1 }, 'chargedTwice'],
  [false, 4900, { pays: 0, cancels: 1 }, 'chargedWithoutAccess'],
  [false, 9800, { pays: 1, cancels: 0 }, 'chargedTwice'],
  [true, 5000, { pays: 9, cancels: 9 }, 'chargedTwice'],
])('paid=%j and %i charged, with %j half done: %s', (paid, balance, halfDone, wrong) => {
  expect(anomalyOf(paid, balance, new Set([4900]), halfDone)).toBe(wrong);
});
