import { defineConfig } from 'vitest/config';
import { CountReporter } from './count-reporter.ts';
import { FailureReporter } from './failure-reporter.ts';
import { testsWithoutServers } from './tests-without-servers.ts';

const root = new URL('../..', import.meta.url).pathname;

/** Tests that need no server, browser or other process: quick checks while editing. */
export default defineConfig({
  root,
  test: {
    include: testsWithoutServers(root),
    isolate: false,
    maxWorkers: 2, // Vitest leaves one of two processors idle
    testTimeout: 120_000, // reached by a hang only
    expect: { poll: { timeout: 100_000, interval: 10 } },
    reporters: ['default', new FailureReporter(), new CountReporter()],
  },
});
