import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RedisConnection } from '../redis/connection.ts';
import { createReadiness } from './readiness.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Counts the checks of the database, each of which takes 50 ms. */
function countedChecks() {
  const counted = { checks: 0 };
  const readiness = createReadiness({
    instance: 'test',
    statements: {
      selectCurrent: async () => {
        counted.checks += 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
        return [];
      },
      change: async () => ({ affectedRows: 0, insertId: 0 }),
    },
    mode: {
      name: 'row',
      lockOf: () => '',
      guard: async () => ({ outcome: 'busy', retryAfterMs: 0 }),
      close: async () => {},
    },
    redis: {} as RedisConnection, // `row` has no lock there
    redisTimeoutMs: 500,
    warnings: () => [],
  });
  return { counted, readiness };
}

test('concurrent checks are one, whose result stands for 200 ms', async () => {
  const { counted, readiness } = countedChecks();
  const checks = Array.from({ length: 100 }, () => readiness.check());
  await vi.advanceTimersByTimeAsync(50);
  expect(await Promise.all(checks)).toEqual(Array(100).fill(undefined));
  await vi.advanceTimersByTimeAsync(199);
  await readiness.check();
  expect(counted.checks).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  const next = readiness.check();
  await vi.advanceTimersByTimeAsync(50);
  await next;
  expect(counted.checks).toBe(2);
});
