import { afterAll, beforeAll, describe, test } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { type Keeper, startKeeper } from '../stack/keeper.ts';
import { findPrograms } from '../stack/programs.ts';
import { startRedis } from '../stack/redis.ts';
import { type CampaignOptions, runCampaign } from './campaign.ts';
import type { JobsVerdict } from './verdict.ts';

let keeper: Keeper;
beforeAll(async () => {
  keeper = await startKeeper();
});
afterAll(() => keeper?.end());

interface Campaign extends Pick<CampaignOptions, 'offsetsMs' | 'ticks' | 'faults'> {
  readonly name: string;
}

/** On a Redis of its own: it may be restarted. @returns what came of it, and all of that in words for a failure. */
async function play({ name, ...options }: Campaign): Promise<{ verdict: JobsVerdict; why: string }> {
  const redis = await startRedis(findPrograms().redis ?? 'redis-server', keeper);
  const seed = 1 + Math.floor(Math.random() * 1000);
  const own = { keeper, redis, mysqlUrl: testStack().mysqlUrl, job: `${name}-${process.pid}`, faultEvery: 3, seed };
  const verdict = await runCampaign({ ...own, ...options });
  return { verdict, why: `seed ${seed}: ${JSON.stringify(verdict)}` };
}

// Beside each other: they wait for the next second nearly all the time.
describe.concurrent('on three instances, every tick is run once', { timeout: 120_000 }, () => {
  test('fifty times', async ({ expect }) => {
    const { verdict, why } = await play({ name: 'even', offsetsMs: [0, 0, 0], ticks: 50, faults: [] });
    expect(verdict.ticks, why).toBeGreaterThanOrEqual(50);
    expect({ twice: verdict.begunTwice, missed: verdict.missed }, why).toEqual({ twice: [], missed: [] });
    expect(verdict.held, why).toBe(true);
  });

  test('by clocks that are seconds apart, while instances are killed and Redis restarts, and no frozen one has the last word', async ({
    expect,
  }) => {
    const faults = ['killed', 'frozen', 'redis-restarted'] as const;
    const { verdict, why } = await play({ name: 'faulty', offsetsMs: [2000, 0, -2000], ticks: 15, faults });
    expect(verdict.faults, why).toEqual({ killed: 1, frozen: 1, 'redis-restarted': 1 });
    expect(verdict.ticks, why).toBeGreaterThanOrEqual(15);
    const { begunTwice, missed, successesOfFrozen } = verdict;
    expect({ begunTwice, missed, successesOfFrozen }, why).toEqual({
      begunTwice: [],
      missed: [],
      successesOfFrozen: 0,
    });
    expect(verdict.outcomes.killed, why).toBeGreaterThanOrEqual(1);
    expect(verdict.held, why).toBe(true);
  });
});
