import { expect, test } from 'vitest';
import { answered, refused } from '../fixtures/runs.ts';
import { count, formatAmount, formatMs } from '../format.ts';
import { describeAnswer, describeNextStep, scenarioTexts } from './texts.ts';

test('the storm says why it has five pays', () => {
  expect(scenarioTexts.storm.what).toMatch(/^Five pays.*six connections/);
});

test.each([
  [undefined, 'in progress'],
  [answered('paid'), 'paid, after 1.5 s, by app-2'],
  [answered('nothing_to_cancel'), 'nothing to cancel, after 1.5 s, by app-2'],
  [refused('lock-busy', 409), 'timed out waiting for the lock; nothing changed (409), after 2 s, by app-2'],
  [refused('of-tomorrow', 418), 'as the lab puts it (418), after 2 s, by app-2'],
  [{ outcome: 'unreachable', tookMs: 12.34 } as const, 'no answer after 12 ms; result unknown'],
])('describes the answer %j: %s', (answer, text) => {
  expect(describeAnswer(answer)).toBe(text);
});

test.each([
  ['read the account', 'read the account'],
  ['charge 4900', 'charge 49.00'],
  ['refund charge 61', 'refund charge 61'],
  ['write paid over version 3', 'write paid, decided on v3'],
  ['write free over version 4', 'write unpaid, decided on v4'],
])('describes the step “%s”: %s', (next, text) => {
  expect(describeNextStep(next)).toBe(text);
});

test('formats amounts, times and counts', () => {
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
