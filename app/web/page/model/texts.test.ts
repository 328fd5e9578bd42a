import { expect, test } from 'vitest';
import { lockModeNames } from '../../../lock-modes/lock-mode.ts';
import { answered, refused } from './fixtures/runs.ts';
import { count, formatAmount, formatMs } from './format.ts';
import { describeAnswer, describeNextStep, modeTexts, scenarioTexts } from './texts.ts';

test('every mode has a name for people and a line that says how it guards', () => {
  expect(Object.keys(modeTexts).sort()).toEqual([...lockModeNames].sort());
  for (const { title, how } of Object.values(modeTexts))
    expect([title, how]).toEqual([expect.any(String), expect.stringMatching(/\.$/)]);
});

test('the storm says why it is no bigger', () => {
  expect(scenarioTexts.storm.what).toMatch(/^Five pays.*six connections/);
});

test.each([
  [undefined, 'under way'],
  [answered('paid'), 'paid, after 1.5 s, by app-2'],
  [answered('nothing_to_cancel'), 'nothing to cancel, after 1.5 s, by app-2'],
  [refused('lock-busy', 409), 'gave up waiting for the lock; nothing was done (409), after 2 s, by app-2'],
  [refused('of-tomorrow', 418), 'as the lab puts it (418), after 2 s, by app-2'],
  [{ outcome: 'unreachable', tookMs: 12.34 } as const, 'no answer after 12 ms: whether it was done is not known'],
])('the answer %j is told: %s', (answer, text) => {
  expect(describeAnswer(answer)).toBe(text);
});

test.each([
  ['read the account', 'read the account'],
  ['charge 4900', 'charge 49.00'],
  ['refund charge 61', 'refund charge 61'],
  ['write paid over version 3', 'write “paid”, having read version 3'],
])('the step “%s” is told: %s', (next, text) => {
  expect(describeNextStep(next)).toBe(text);
});

test('amounts, times and counts are written as people write them', () => {
  expect([0, 4900, 123_456].map(formatAmount)).toEqual(['0.00', '49.00', '1,234.56']);
  expect([0, 0.123, 9.96, 12.4, 999.4, 1000, 1512].map(formatMs)).toEqual([
    '0 ms',
    '0.1 ms',
    '10 ms',
    '12 ms',
    '999 ms',
    '1 s',
    '1.51 s',
  ]);
  expect([count(1, 'write'), count(1204, 'write'), count(2, 'was', 'were')]).toEqual([
    '1 write',
    '1,204 writes',
    '2 were',
  ]);
});
