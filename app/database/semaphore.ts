/** How long to wait for a turn, in milliseconds (0 is one try), and what ends the wait sooner. */
export interface TurnOptions {
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** How a wait for a slot ended. Whoever has entered calls `leave`, once. */
type Turn = { outcome: 'entered'; leave: () => void } | { outcome: 'busy' } | { outcome: 'aborted' };

export interface Slots {
  /** Waits its turn, first come first served. */
  enter(options: TurnOptions): Promise<Turn>;
}

/** Lets `count` in at a time. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting = new Set<() => void>();

  function leave(): void {
    const [next] = waiting;
    if (next) next();
    else free += 1;
  }

  return {
    async enter({ waitMs, signal }) {
      if (signal.aborted) return { outcome: 'aborted' };
      if (free > 0) {
        free -= 1;
        return { outcome: 'entered', leave };
      }
      if (waitMs <= 0) return { outcome: 'busy' };
      return new Promise((resolve) => {
        const end = (turn: Turn) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          waiting.delete(grant);
          resolve(turn);
        };
        const grant = () => end({ outcome: 'entered', leave });
        const abort = () => end({ outcome: 'aborted' });
        const timer = setTimeout(() => end({ outcome: 'busy' }), waitMs);
        signal.addEventListener('abort', abort, { once: true });
        waiting.add(grant);
      });
    },
  };
}
