import { defineConfig } from 'vitest/config';
import { CountReporter } from './count-reporter.ts';
import { FailureReporter } from './failure-reporter.ts';

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: ['{app,migrations,load-tests}/**/*.test.ts'],
    // A worker keeps its modules from file to file: loading them for each took a third of the tests' processor time.
    isolate: false,
    // Each worker has its own stack, so that no file disturbs another one's races. A third one takes as much processor time
    // for its stack and its modules as it saves, on two processors.
    maxWorkers: 2,
    maxConcurrency: 12, // for files with concurrent tests, which all wait for the next second
    testTimeout: 600_000, // only a hang takes that long: two stacks took 110 s beside 25 busy processes
    hookTimeout: 600_000,
    expect: { poll: { timeout: 100_000, interval: 10 } }, // as `soon` of app/testing/until.ts
    globalSetup: ['load-tests/testing/browser/browser-setup.ts', 'load-tests/testing/stack-setup.ts'],
    setupFiles: 'load-tests/testing/failure-logs.ts',
    // In CI, each run has a random order, by a seed that it prints.
    sequence: { shuffle: process.env.CI !== undefined },
    reporters: ['default', new FailureReporter(), new CountReporter()],
  },
});
