import { constants } from 'node:os';

/**
 * Ends the process at a signal until the instance serves, which then finishes its work first. The first process of a
 * container gets only the signals that it listens for, and a start may wait for MySQL or a migration for minutes. main.ts
 * imports this before all else.
 */
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => process.exit(128 + constants.signals[signal])); // not 0: a migration may be half done
}
