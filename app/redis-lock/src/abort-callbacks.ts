/**
 * Callbacks for aborted signals. Each signal gets one listener for any number of waiting acquires: Node warns of a leak
 * at the eleventh listener.
 */
export class AbortCallbacks {
  readonly #bySignal = new Map<AbortSignal, { readonly callbacks: Set<() => void>; readonly listener: () => void }>();

  get size(): number {
    return this.#bySignal.size;
  }

  add(signal: AbortSignal, callback: () => void): void {
    let entry = this.#bySignal.get(signal);
    if (!entry) {
      const callbacks = new Set<() => void>();
      const listener = (): void => {
        this.#bySignal.delete(signal);
        for (const call of callbacks) call();
      };
      entry = { callbacks, listener };
      this.#bySignal.set(signal, entry);
      signal.addEventListener('abort', listener, { once: true });
    }
    entry.callbacks.add(callback);
  }

  remove(signal: AbortSignal, callback: () => void): void {
    const entry = this.#bySignal.get(signal);
    if (!entry?.callbacks.delete(callback) || entry.callbacks.size > 0) return;
    this.#bySignal.delete(signal);
    signal.removeEventListener('abort', entry.listener);
  }
}
