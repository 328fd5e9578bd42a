import { defineConfig } from 'vitest/config';
import { CountReporter } from './count-reporter.ts';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['{app,migrations,load-tests}/**/*.test.ts'],
    globalSetup: 'load-tests/stack/vitest-global-setup.ts',
    reporters: ['default', new CountReporter()],
    // One stack for all, on few cores: files that ran at once would disturb each other's races.
    fileParallelism: false,
    testTimeout: 20_000,
    hookTimeout: 120_000,
  },
});
