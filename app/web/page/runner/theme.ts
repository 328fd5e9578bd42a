import { type ReadonlySignal, signal } from '@preact/signals';

const choices = ['system', 'light', 'dark'] as const;
type ThemeChoice = (typeof choices)[number];

export interface Theme {
  readonly choice: ReadonlySignal<ThemeChoice>;
  /** From the system's to light, to dark, and back. */
  next(): void;
}

const place = 'theme';

/** Light or dark: the system's theme until the user chooses. The browser stores the choice. */
export function createTheme(): Theme {
  const stored = readStored();
  const choice = signal<ThemeChoice>(choices.find((known) => known === stored) ?? 'system');
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
      try {
        localStorage.setItem(place, choice.value);
      } catch {
        // this browser keeps nothing: it holds until the page is left
      }
    },
  };
}

function readStored(): string | null {
  try {
    return localStorage.getItem(place);
  } catch {
    return null;
  }
}
