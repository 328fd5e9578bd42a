import type { Reporter, TestModule } from 'vitest/node';

/** Ends the output with a line that programs can parse: `N passed, N failed`, and the number of skipped tests if any. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
      // Files that could not run because their set-up failed.
      for (const set of [module, ...module.children.allSuites()]) if (set.errors().length > 0) counts.failed += 1;
    }
    const skipped = counts.skipped + counts.pending;
    console.log(`${counts.passed} passed, ${counts.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  }
}
