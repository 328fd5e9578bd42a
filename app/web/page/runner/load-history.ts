import { type ReadonlySignal, signal } from '@preact/signals';
import { keepFigures, type LoadFigures, readFigures } from '../state/load/figures.ts';

/** The figures of this browser's loads, for as long as it keeps them: see {@link keepFigures}. */
export interface LoadHistory {
  readonly kept: ReadonlySignal<readonly LoadFigures[]>;
  add(figures: LoadFigures): void;
  clear(): void;
}

const place = 'loads';

/** Opens what the browser has stored. Where it stores nothing, the figures last until the page is left. */
export function openLoadHistory(): LoadHistory {
  const kept = signal<readonly LoadFigures[]>(readFigures(stored()));
  const keep = (figures: readonly LoadFigures[]) => {
    kept.value = figures;
    try {
      localStorage.setItem(place, JSON.stringify(figures));
    } catch {
      // its storage is full or blocked
    }
  };
  return {
    kept,
    // Another tab may have added some.
    add: (figures) => keep(keepFigures(readFigures(stored() ?? JSON.stringify(kept.value)), figures)),
    clear: () => keep([]),
  };
}

function stored(): string | null {
  try {
    return localStorage.getItem(place);
  } catch {
    return null;
  }
}
