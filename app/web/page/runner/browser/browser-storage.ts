import { type ReadonlySignal, signal } from '@preact/signals';

/** A text that the browser keeps. */
export interface StoredText {
  /** @returns null if nothing is kept, or this browser keeps nothing. */
  read(): string | null;
  /** Does nothing where the storage is full or forbidden: the caller keeps its value until the page is left. */
  write(text: string): void;
}

/**
 * @param storage of the browser or of the tab; asking for it may throw.
 * @param place the name of the text in it.
 */
export function keepText(storage: () => Storage, place: string): StoredText {
  return {
    read() {
      try {
        return storage().getItem(place);
      } catch {
        return null;
      }
    },
    write(text) {
      try {
        storage().setItem(place, text);
      } catch {
        // it is full or forbidden
      }
    },
  };
}

/** A value that the browser keeps for all tabs. Where it stores nothing, the value lasts until the page is left. */
export interface BrowserValue<T> {
  readonly kept: ReadonlySignal<T>;
  /** @param edit gets what is stored: another tab may have changed it. */
  change(edit: (stored: T) => T): void;
  clear(): void;
}

/** @param read reads what is stored, in any form; the empty value without a text. */
export function keepInBrowser<T>(place: string, read: (text: string | null) => T): BrowserValue<T> {
  const stored = keepText(() => localStorage, place);
  const kept = signal(read(stored.read()));
  const keep = (value: T) => {
    kept.value = value;
    stored.write(JSON.stringify(value));
  };
  return {
    kept,
    change: (edit) => keep(edit(read(stored.read() ?? JSON.stringify(kept.value)))),
    clear: () => keep(read(null)),
  };
}

/** A value that the browser keeps for this tab, also across a reload. A browser that stores nothing keeps it until then. */
export interface TabValue<T> {
  read(): T;
  write(value: T): void;
}

/** @param parse reads what is stored, if it is JSON: anything may be, also by another version of the page. */
export function keepInTab<T>(place: string, parse: (stored: unknown) => T): TabValue<T> {
  const stored = keepText(() => sessionStorage, place);
  let value = parse(readJson(stored.read()));
  return {
    read: () => value,
    write(changed) {
      value = changed;
      stored.write(JSON.stringify(changed));
    },
  };
}

function readJson(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
