import { type ReadonlySignal, signal } from '@preact/signals';
import { keepText } from './browser-storage.ts';

const choices = ['system', 'light', 'dark'] as const;
type ThemeChoice = (typeof choices)[number];

export interface Theme {
  readonly choice: ReadonlySignal<ThemeChoice>;
  /** From the system's to light, to dark, and back. */
  next(): void;
}

/** Light or dark: the system's theme until the user chooses. The browser stores the choice. */
export function createTheme(): Theme {
  const stored = keepText(() => localStorage, 'theme');
  const kept = stored.read();
  const choice = signal<ThemeChoice>(choices.find((known) => known === kept) ?? 'system');
  const apply = () => {
    if (choice.value === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice.value;
  };
  apply();
  return {
    choice,
    next() {
      choice.value = choices[(choices.indexOf(choice.value) + 1) % choices.length] ?? 'system';
      apply();
      stored.write(choice.value);
    },
  };
}
