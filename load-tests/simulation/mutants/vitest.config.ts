import { defineConfig } from 'vitest/config';

/** For a copy of the lock, within node_modules. */
export default defineConfig({
  test: {
    include: ['tests/*.test.ts'],
    exclude: [],
    isolate: false,
    maxWorkers: 1,
    testTimeout: 60_000,
    server: { deps: { inline: [/lock-mutants-/] } },
  },
});
