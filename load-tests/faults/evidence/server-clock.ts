/** Converts a server's times to this process's monotonic clock, with bounds instead of an estimate. */
export interface ServerClock {
  /** Half the width of the bounds; infinite before the first answer. */
  readonly errorMs: number;
  /** The server's clock showed `serverMs` between these two local times. */
  observe(serverMs: number, askedAtMs: number, answeredAtMs: number): void;
  toLocalMs(serverMs: number): number;
}

/**
 * Each answer bounds the offset between the clocks, and the bounds of several answers are intersected, so that the precision
 * is that of the fastest ones (Cristian, Probabilistic Clock Synchronization, 1989; Marzullo, 1984).
 */
export function createServerClock(): ServerClock {
  let leastAheadMs = Number.NEGATIVE_INFINITY;
  let mostAheadMs = Number.POSITIVE_INFINITY;
  return {
    get errorMs() {
      return (mostAheadMs - leastAheadMs) / 2;
    },
    observe(serverMs, askedAtMs, answeredAtMs) {
      const [least, most] = [serverMs - answeredAtMs, serverMs - askedAtMs];
      const hasJumped = least > mostAheadMs || most < leastAheadMs; // or has drifted that far
      leastAheadMs = hasJumped ? least : Math.max(least, leastAheadMs);
      mostAheadMs = hasJumped ? most : Math.min(most, mostAheadMs);
    },
    toLocalMs: (serverMs) => serverMs - (leastAheadMs + mostAheadMs) / 2,
  };
}

/** Asks for the server's time until its clock is known to a quarter of a millisecond, at most 20 times. */
export async function synchronize(clock: ServerClock, readTimeMs: () => Promise<number>): Promise<void> {
  for (let asked = 0; asked < 20 && clock.errorMs > 0.25; asked++) {
    const askedAtMs = performance.now();
    const serverMs = await readTimeMs();
    clock.observe(serverMs, askedAtMs, performance.now());
  }
}
