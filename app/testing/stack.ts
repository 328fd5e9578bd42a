import { inject } from 'vitest';

/** The addresses of a stack's parts. */
export interface TestStack {
  readonly url: string;
  readonly mysqlUrl: string;
  readonly redisUrl: string;
  readonly redlockUrls: readonly string[];
  /** The directory of its servers' logs. */
  readonly directory: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** One for each worker. */
    stacks: readonly TestStack[];
  }
}

/**
 * The stack that the files of this worker's tests share, one after the other. A test that stops or kills a part of it
 * starts its own.
 */
export function testStack(): TestStack {
  const stack = inject('stacks')[Number(process.env.VITEST_POOL_ID) - 1];
  if (!stack) throw new Error(`no stack for the worker ${process.env.VITEST_POOL_ID}`);
  return stack;
}
