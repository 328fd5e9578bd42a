import { configDefaults, defineConfig } from 'vitest/config';
import { CountReporter } from './count-reporter.ts';
import { FailureReporter } from './failure-reporter.ts';

const root = new URL('../..', import.meta.url).pathname;
const testsOfThePage = 'load-tests/{page,testing/browser}/**/*.test.ts';
const forAll = {
  // A worker keeps its modules from file to file: to load them anew for each took a third of the tests' processor time.
  isolate: false,
  maxConcurrency: 12, // where tests of one file say so: they wait for the next second, all of them
  testTimeout: 120_000, // only a hang takes that long, however busy the machine is
  hookTimeout: 120_000,
  setupFiles: 'load-tests/testing/failure-logs.ts',
  // In CI each run has an order of its own, by a seed that it prints.
  sequence: { shuffle: process.env.CI !== undefined },
  expect: { poll: { timeout: 100_000, interval: 10 } }, // as `soon` of app/testing/until.ts
};

export default defineConfig({
  root,
  test: {
    ...forAll,
    // Each worker has a stack of its own, so that no file disturbs another one's races. Most of the time is spent waiting.
    maxWorkers: 3,
    globalSetup: 'load-tests/testing/stack-setup.ts',
    reporters: ['default', new FailureReporter(), new CountReporter()],
    // Two projects, so that browsers are installed and started only where a test of this run needs one.
    projects: [
      {
        root,
        test: {
          ...forAll,
          name: 'lab',
          include: ['{app,migrations,load-tests}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, testsOfThePage],
        },
      },
      {
        root,
        test: {
          ...forAll,
          name: 'page',
          include: [testsOfThePage],
          expect: { poll: { timeout: 60_000 } }, // as long: its default is a second
          globalSetup: 'load-tests/testing/browser/vitest-browser-setup.ts',
        },
      },
    ],
  },
});
