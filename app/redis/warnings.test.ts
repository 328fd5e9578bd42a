import { afterEach, expect, test } from 'vitest';
import { openInstance } from '../testing/instance.ts';
import { sharedRedis } from '../testing/shared.ts';
import { redisWarnings } from './warnings.ts';

const redis = sharedRedis();
afterEach(async () => {
  await redis.config('SET', 'maxmemory-policy', 'noeviction');
  await redis.acl('DELUSER', 'without-info');
});

test.each(['volatile-lru', 'allkeys-random'])('warns of %s, also at the start of an instance', async (policy) => {
  expect(await redisWarnings(redis)).toEqual([]);
  await redis.config('SET', 'maxmemory-policy', policy);
  expect(await redisWarnings(redis)).toEqual([expect.stringMatching(`${policy}, so .* set it to noeviction`)]);
  await using instance = await openInstance();
  await expect.poll(instance.output).toMatch(new RegExp(`"redis":"127.*"msg":"its maxmemory-policy is ${policy}`));
});

test('warns if it may not ask, and not of a server that does not answer', async () => {
  await redis.acl('SETUSER', 'without-info', 'on', 'nopass', '+@all', '-info');
  const limited = redis.duplicate({ username: 'without-info', password: 'any' });
  expect(await redisWarnings(limited)).toEqual([expect.stringMatching(/may not run INFO/)]);
  limited.disconnect();
  expect(await redisWarnings(limited)).toEqual([]);
});
