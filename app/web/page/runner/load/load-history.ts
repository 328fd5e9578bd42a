import { type ReadonlySignal, signal } from '@preact/signals';
import { keepFigures, type LoadFigures, readFigures } from '../../state/load/figures.ts';
import { keepText } from '../browser/browser-storage.ts';

/** The figures of this browser's loads, for as long as it keeps them: see {@link keepFigures}. */
export interface LoadHistory {
  readonly kept: ReadonlySignal<readonly LoadFigures[]>;
  add(figures: LoadFigures): void;
  clear(): void;
}

/** Opens what the browser has stored. Where it stores nothing, the figures last until the page is left. */
export function openLoadHistory(): LoadHistory {
  const stored = keepText(() => localStorage, 'loads');
  const kept = signal<readonly LoadFigures[]>(readFigures(stored.read()));
  const keep = (figures: readonly LoadFigures[]) => {
    kept.value = figures;
    stored.write(JSON.stringify(figures));
  };
  return {
    kept,
    // Another tab may have added some.
    add: (figures) => keep(keepFigures(readFigures(stored.read() ?? JSON.stringify(kept.value)), figures)),
    clear: () => keep([]),
  };
}
