import type { Knex } from 'knex';
import { Registry } from 'prom-client';
import { afterEach, expect, test, vi } from 'vitest';
import { instanceMetrics } from './instance-metrics.ts';
import { lockMetrics } from './lock-metrics.ts';
import { problemMetrics } from './request-metrics.ts';

afterEach(() => void vi.useRealTimers());

test('the counters of alerts are there before they count anything', async () => {
  const registry = new Registry();
  problemMetrics(registry);
  lockMetrics(registry)('redis');
  const lines = (await registry.metrics()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'http_problems_total{type="unfinished"} 0',
      'http_problems_total{type="internal"} 0',
      'lock_losses_total{mode="redis",reason="expired"} 0',
      'lock_losses_total{mode="redis",reason="stolen"} 0',
    ]),
  );
});

test('a database that hangs does not keep a collector waiting for the other metrics', async () => {
  vi.useFakeTimers();
  const registry = new Registry();
  const hanging = new Promise(() => {});
  const pool = { max: 2, numUsed: () => 2, numPendingAcquires: () => 1 };
  const db = { client: { pool }, raw: () => ({ timeout: () => hanging }) } as unknown as Knex;
  const rest = { redis: {}, inFlight: { count: 0 }, check: async () => undefined, isDraining: () => false };
  instanceMetrics(registry, { db, ...rest });
  const scraped = registry.metrics();
  await vi.advanceTimersByTimeAsync(5000);
  expect(await scraped).toMatch(/^mysql_up 0$/m);
});
