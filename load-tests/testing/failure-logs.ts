import { beforeEach, inject } from 'vitest';
import { scratchDirectories } from '../stack/processes/keeper.ts';
import { tailOfLogs } from '../stack/servers/server-logs.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** A failed test's last lines of its servers' logs. */
    serverLogs?: string;
  }
}

/** When a test fails, saves the ends of its servers' logs for the {@link FailureReporter}. */
beforeEach(({ task, onTestFailed }) => {
  onTestFailed(() => {
    const shared = inject('stacks')?.[Number(process.env.VITEST_POOL_ID) - 1]?.directory;
    const directories = [...(shared === undefined ? [] : [shared]), ...scratchDirectories()];
    task.meta.serverLogs = directories
      .map((directory) => tailOfLogs(directory))
      .filter(Boolean)
      .join('\n');
  });
});
