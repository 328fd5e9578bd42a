import { letter } from '../trace/requests.ts';
import { seeded } from './random.ts';
import { amount, type Settings } from './settings.ts';

/** A planned call of a run. */
export interface PlannedCall {
  /**
   * Unique in its run: `A`, `B`, … in the order of sending. The page shows the name from the trace instead: see
   * {@link nameRequests}.
   */
  readonly name: string;
  readonly kind: 'pay' | 'cancel';
  readonly amount: number;
  /** After the run's first call. */
  readonly afterMs: number;
  /** The payment processor's time for it. */
  readonly gatewayMs: number;
}

/**
 * A browser opens six connections to a host, and one of them is the stream of events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes).
 */
export const stormSize = 5;

/**
 * The calls of a run. In the race, the cancel is sent while the processor handles the charge, and has read, refunded and
 * written before the pay writes. At a processor time of 0 both are sent at once, and chance decides which is first.
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
        name: letter(index),
        gatewayMs: Math.round(thinkMs / 2) + random(Math.round(thinkMs / 2) + 1),
      }));
    }
  }
}

/** True if the calls of that many runs fit into the browser's connections. Otherwise the runs are sequential. */
export function fitAtOnce(calls: readonly PlannedCall[], runs: number): boolean {
  return calls.length * runs <= stormSize;
}
