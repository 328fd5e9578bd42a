import { defineConfig } from 'vitest/config';

/** The tests that Stryker tries on each mutant: those that run the mutated code in their own process. */
export default defineConfig({
  root: new URL('../../..', import.meta.url).pathname,
  test: {
    include: ['app/{payments,lock-modes,jobs,http,lab,metrics}/**/*.test.ts'],
    globalSetup: 'load-tests/testing/stack-setup.ts',
    maxWorkers: 1, // each of Stryker's workers has a stack of its own
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 100_000, interval: 10 } },
  },
});
