import { inject } from 'vitest';

/** Where the parts of a stack answer. */
export interface TestStack {
  readonly url: string;
  readonly mysqlUrl: string;
  readonly redisUrl: string;
  readonly redlockUrls: readonly string[];
  /** Where its servers write their logs. */
  readonly directory: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** One for each worker. */
    stacks: readonly TestStack[];
  }
}

/**
 * The stack that the tests of this worker share, one file after the other: no other test looks at it meanwhile. A test
 * that stops or kills a part of it starts one of its own.
 */
export function testStack(): TestStack {
  const stack = inject('stacks')[Number(process.env.VITEST_POOL_ID) - 1];
  if (!stack) throw new Error(`there is no stack for the worker ${process.env.VITEST_POOL_ID}`);
  return stack;
}
