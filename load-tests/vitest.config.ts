import { defineConfig } from 'vitest/config';
import { CountReporter } from './count-reporter.ts';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['{app,migrations,load-tests}/**/*.test.ts'],
    globalSetup: 'load-tests/stack/vitest-global-setup.ts',
    reporters: ['default', new CountReporter()],
    // Each worker has a stack of its own, so that no file disturbs another one's races. Most of the time is spent waiting.
    maxWorkers: 2,
    maxConcurrency: 12, // where tests of one file say so: they wait for the next second, all of them
    testTimeout: 20_000,
    hookTimeout: 120_000,
  },
});
