import { expect, test } from 'vitest';
import type { Operation } from '../verify/operation.ts';
import { violationIn } from './fixtures.ts';
import { describeViolation } from './violation.ts';

const describe = (history: readonly Operation[]) => describeViolation('User 7', violationIn(history));

test('lists the calls since the last quiet point, and marks the impossible answer', () => {
  const lines = describe([
    { call: 'pay', answer: 'paid', invokedAtMs: 900, returnedAtMs: 950, requestId: 'r-1' },
    { call: 'cancel', answer: 'cancelled', invokedAtMs: 1000, returnedAtMs: 1031.26, requestId: 'r-2' },
    { call: 'cancel', answer: 'cancelled', invokedAtMs: 1000.5, returnedAtMs: 1040, requestId: 'r-3' },
    { call: 'read', answer: 'free', invokedAtMs: 2000, returnedAtMs: 2001 },
  ]);
  expect(lines).toEqual([
    'User 7: no order of these calls explains their answers. Before them the user was paid, and no call was in flight:',
    '       0.0 to     31.3 ms  cancel cancelled, request r-2',
    '       0.5 to     40.0 ms  cancel cancelled, request r-3  <- impossible',
    '  A cancel is answered cancelled only if the user was paid meanwhile. The user was unpaid, and no pay is left that could have changed it.',
  ]);
});

test('shows no end for a call of unknown outcome', () => {
  const lines = describe([
    { call: 'pay', answer: 'unknown', invokedAtMs: 0, returnedAtMs: 40_000 },
    { call: 'pay', answer: 'paid', invokedAtMs: 10, returnedAtMs: 20 },
    { call: 'pay', answer: 'paid', invokedAtMs: 30, returnedAtMs: 40 },
  ]);
  expect(lines).toEqual([
    'User 7: no order of these calls explains their answers. Before them the user was paid, and only calls of unknown outcome were in flight:',
    '       0.0 to        ? ms  pay    unknown',
    '      30.0 to     40.0 ms  pay    paid  <- impossible',
    '  A pay is answered paid only if the user was unpaid meanwhile. The user was paid, and no cancel is left that could have changed it.',
  ]);
});

test('shows only the last of many calls, and the impossible one', () => {
  const pays = Array.from(
    { length: 100 },
    (_, index): Operation => ({ call: 'pay', answer: 'already_paid', invokedAtMs: 100 + index, returnedAtMs: 1000 }),
  );
  const lines = describe([{ call: 'cancel', answer: 'cancelled', invokedAtMs: 1, returnedAtMs: 500 }, ...pays]);
  expect(lines).toHaveLength(33);
  expect(lines[1]).toBe('  (71 earlier calls are left out)');
  expect(lines[2]).toMatch(/cancelled {2}<- impossible$/);
});
