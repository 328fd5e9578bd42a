import { dirname } from 'node:path';
import type { TestProject } from 'vitest/node';
import '../../app/testing/stack.ts';
import { prepareStack, startStack } from '../stack/index.ts';

/** Starts a stack for each worker. @returns a function that ends them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await prepareStack((message) => console.log(message));
  const workers = project.vitest.config.maxWorkers;
  const stacks = await Promise.all(
    Array.from({ length: workers }, (_, index) =>
      startStack({
        // Only a hang takes that long, however busy the machine is.
        env: { MYSQL_TIMEOUT_MS: '30000', REDIS_TIMEOUT_MS: '30000', LOCK_WAIT_MS: '30000' },
        onProgress: (message) => index === 0 && console.log(message),
      }),
    ),
  );
  project.provide(
    'stacks',
    stacks.map(({ url, mysql, redis, redlock }) => ({
      url,
      mysqlUrl: mysql.url,
      redisUrl: redis.url,
      redlockUrls: redlock.map((node) => node.url),
      directory: dirname(mysql.logFile),
    })),
  );
  return async () => void (await Promise.all(stacks.map((stack) => stack.stop())));
}
