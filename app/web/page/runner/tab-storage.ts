/** A value that the browser keeps for this tab, also across a reload. A browser that stores nothing keeps it until then. */
export interface TabValue<T> {
  read(): T;
  write(value: T): void;
}

/** @param place its name in the tab's storage. Change it when the form of `T` changes. */
export function keepInTab<T>(place: string, initial: T): TabValue<T> {
  let value = initial;
  try {
    const stored = sessionStorage.getItem(place);
    if (stored !== null) value = JSON.parse(stored) as T;
  } catch {
    // nothing is stored, or not by this page
  }
  return {
    read: () => value,
    write(changed) {
      value = changed;
      try {
        sessionStorage.setItem(place, JSON.stringify(changed));
      } catch {
        // the storage is full or forbidden
      }
    },
  };
}
