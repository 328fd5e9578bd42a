import type { TestProject } from 'vitest/node';
import { startStack } from './index.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The stack that all tests share. A test that stops or kills a part of it starts one of its own. */
    stack: {
      readonly url: string;
      readonly mysqlUrl: string;
      readonly redisUrl: string;
      readonly redlockUrls: readonly string[];
    };
  }
}

/** Starts the one stack for all tests; returns what ends it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ onProgress: (message) => console.log(message) });
  project.provide('stack', {
    url: stack.url,
    mysqlUrl: stack.mysql.url,
    redisUrl: stack.redis.url,
    redlockUrls: stack.redlock.map(({ url }) => url),
  });
  return () => stack.stop();
}
