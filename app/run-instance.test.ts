import { expect, test } from 'vitest';
import { untilItCanPay } from './run-instance.ts';

const unready = { why: 'The lock service does not answer.', cause: new Error('connecting') };

test('a start waits until the instance can pay', async () => {
  const results = [unready, unready, undefined];
  await untilItCanPay({ check: async () => results.shift() }, 1_000_000);
  expect(results).toEqual([]);
});

test('a start does without a lock service that does not answer', async () => {
  let checks = 0;
  await untilItCanPay({ check: async () => (++checks > 0 ? unready : undefined) }, 100);
  expect(checks).toBeGreaterThan(0);
});
