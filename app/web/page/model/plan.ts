import { seeded } from './random.ts';
import { amount, type Settings } from './settings.ts';

/** A call that a run is to make. */
export interface PlannedCall {
  /**
   * Sets it apart from the others of its run: `A`, `B`, … in the order in which they are sent. To people, it has the name
   * that the trace gives it: see {@link nameRequests}.
   */
  readonly name: string;
  readonly kind: 'pay' | 'cancel';
  readonly amount: number;
  /** After the run's first. */
  readonly afterMs: number;
  /** How long the card processor takes over it. */
  readonly gatewayMs: number;
}

/**
 * A browser opens six connections to a host, and one of them is the stream of events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes).
 */
export const stormSize = 5;

/**
 * What a run does, call by call. In the race, the cancel is sent while the processor thinks about the charge, and is faster
 * than it: it has read, refunded and written by the time the pay writes. At a think time of 0 both are sent at once, and
 * who comes first is left to chance.
 */
export function planCalls({ scenario, thinkMs, seed }: Pick<Settings, 'scenario' | 'thinkMs' | 'seed'>): PlannedCall[] {
  const first = { name: 'A', kind: 'pay', amount, afterMs: 0, gatewayMs: thinkMs } as const;
  switch (scenario) {
    case 'pay':
      return [first];
    case 'cancel':
      return [{ ...first, kind: 'cancel' }];
    case 'race':
    case 'steps':
    case 'load': {
      const cancel = { name: 'B', kind: 'cancel', amount } as const;
      return [first, { ...cancel, afterMs: Math.round(thinkMs / 3), gatewayMs: Math.round(thinkMs / 4) }];
    }
    case 'storm': {
      const random = seeded(seed);
      return Array.from({ length: stormSize }, (_, index) => ({
        ...first,
        name: String.fromCharCode(65 + index),
        gatewayMs: Math.round(thinkMs / 2) + random(Math.round(thinkMs / 2) + 1),
      }));
    }
  }
}

/** Whether all the calls of that many runs can be under way at once: else the runs come one after the other. */
export function fitAtOnce(calls: readonly PlannedCall[], runs: number): boolean {
  return calls.length * runs <= stormSize;
}
