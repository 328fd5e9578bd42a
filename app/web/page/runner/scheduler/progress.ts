import { type ReadonlySignal, signal } from '@preact/signals';
import type { LevelId } from '../../state/scheduler/levels.ts';
import { type Progress, type Result, readProgress, record } from '../../state/scheduler/progress.ts';
import { keepText } from '../browser/browser-storage.ts';

/** What came of the orders that were played. The browser keeps it. */
export interface StoredProgress {
  readonly value: ReadonlySignal<Progress>;
  record(level: LevelId, orders: readonly string[], result: Result): void;
  clear(): void;
}

export function createProgress(): StoredProgress {
  const stored = keepText(() => localStorage, 'scheduler');
  const value = signal(readProgress(stored.read()));
  const set = (progress: Progress) => {
    value.value = progress;
    stored.write(JSON.stringify(progress));
  };
  return {
    value,
    // From what is stored, which another tab may have added to.
    record: (level, orders, result) =>
      set(record(readProgress(stored.read() ?? JSON.stringify(value.value)), level, orders, result)),
    clear: () => set({}),
  };
}
