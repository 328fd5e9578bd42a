import { afterAll, beforeAll, expect, test } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { type Keeper, startKeeper } from '../stack/keeper.ts';
import { findPrograms } from '../stack/programs.ts';
import { type RedisServer, startRedis } from '../stack/redis.ts';
import { runCampaign } from './campaign.ts';

/** A Redis of its own: it is restarted here. */
let keeper: Keeper;
let redis: RedisServer;
beforeAll(async () => {
  keeper = await startKeeper();
  redis = await startRedis(findPrograms().redis ?? 'redis-server', keeper);
});
afterAll(() => keeper?.end());

test('every tick is run once while instances are killed and Redis restarts, and no frozen one has the last word', async () => {
  const seed = 1 + Math.floor(Math.random() * 1000);
  const verdict = await runCampaign({
    ...{ keeper, redis, mysqlUrl: testStack().mysqlUrl, job: `campaign-${process.pid}` },
    ...{ offsetsMs: [2000, 0, -2000], ticks: 15, faults: ['killed', 'frozen', 'redis-restarted'], faultEvery: 3, seed },
  });
  const why = `seed ${seed}: ${JSON.stringify(verdict)}`;
  expect(verdict.faults, why).toEqual({ killed: 1, frozen: 1, 'redis-restarted': 1 });
  expect(verdict.ticks, why).toBeGreaterThanOrEqual(15);
  expect(
    { twice: verdict.begunTwice, missed: verdict.missed, successesOfFrozen: verdict.successesOfFrozen },
    why,
  ).toEqual({
    ...{ twice: [], missed: [], successesOfFrozen: 0 },
  });
  expect(verdict.outcomes.killed, why).toBeGreaterThanOrEqual(1);
  expect(verdict.held, why).toBe(true);
}, 60_000);
