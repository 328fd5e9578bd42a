import { defineConfig } from 'vitest/config';
import { CountReporter } from '../count-reporter.ts';
import { FailureReporter } from '../failure-reporter.ts';

/** Tests that fail on purpose, for failure-reporter.test.ts, which passes the directory of a stack. */
export default defineConfig({
  root: new URL('../../..', import.meta.url).pathname,
  test: {
    include: ['load-tests/testing/failing/*.on-purpose.ts'],
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    provide: {
      stacks: [{ url: '', mysqlUrl: '', redisUrl: '', redlockUrls: [], directory: process.env.STACK_DIRECTORY ?? '' }],
    },
    setupFiles: 'load-tests/testing/failure-logs.ts',
    reporters: [new FailureReporter(), new CountReporter()],
  },
});
