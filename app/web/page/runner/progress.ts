import { type ReadonlySignal, signal } from '@preact/signals';
import type { LevelId } from '../state/levels.ts';
import { type Progress, type Result, readProgress, record } from '../state/progress.ts';

/** What came of the orders that were played. The browser keeps it. */
export interface StoredProgress {
  readonly value: ReadonlySignal<Progress>;
  record(level: LevelId, orders: readonly string[], result: Result): void;
  clear(): void;
}

const place = 'scheduler';

export function createProgress(): StoredProgress {
  const value = signal(readProgress(readStored()));
  const set = (progress: Progress) => {
    value.value = progress;
    try {
      localStorage.setItem(place, JSON.stringify(progress));
    } catch {
      // this browser keeps nothing: it holds until the page is left
    }
  };
  return {
    value,
    // From what is stored, which another tab may have added to.
    record: (level, orders, result) =>
      set(record(readProgress(readStored() ?? JSON.stringify(value.value)), level, orders, result)),
    clear: () => set({}),
  };
}

function readStored(): string | null {
  try {
    return localStorage.getItem(place);
  } catch {
    return null;
  }
}
