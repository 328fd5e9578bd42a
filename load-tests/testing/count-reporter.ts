import type { Reporter, TestModule } from 'vitest/node';

/** Ends the output with one line that any program can read: `N passed, N failed`, and how many were skipped if any were. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
      // What could not be run at all, as its set-up has failed.
      for (const set of [module, ...module.children.allSuites()]) if (set.errors().length > 0) counts.failed += 1;
    }
    const skipped = counts.skipped + counts.pending;
    console.log(`${counts.passed} passed, ${counts.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  }
}
