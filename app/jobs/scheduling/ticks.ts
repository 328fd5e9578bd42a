import { pause } from '../../pause.ts';
import type { Runtime } from '../../redis-lock/index.ts';
import type { Schedule } from './schedule.ts';

export interface TicksOptions {
  readonly schedule: Schedule;
  readonly runtime: Runtime;
  /** How long after its time a tick may still begin, in milliseconds. */
  readonly startWithinMs: number;
  /** Ends the loop. */
  readonly signal: AbortSignal;
  /** Called for each due tick, one at a time. @returns a later time, if no tick before it needs a run. */
  readonly attempt: (tick: Date) => Promise<Date | undefined>;
  /** Called for the first tick that is too late. All ticks that can no longer begin are passed over with it. */
  readonly onLate: (tick: Date) => void;
}

/** Longest wait between two looks at the clock, which may be set, or stand still while the machine sleeps. */
const lookMs = 1000;

/**
 * Follows a schedule by this instance's clock, from now on. Not by a cron library's timers: they use the machine's clock,
 * and take the time of the call for the tick. A run belongs to its tick, whenever it begins.
 */
export async function followTicks(options: TicksOptions): Promise<void> {
  const { schedule, runtime, startWithinMs, signal, attempt, onLate } = options;
  for (let last = new Date(runtime.wallClock()); !signal.aborted; ) {
    const now = runtime.wallClock();
    if (now < last.getTime()) last = new Date(now); // the clock was put back; the runs since are recorded
    const tick = schedule.next(last);
    if (!tick) return;
    const dueInMs = tick.getTime() - now;
    if (dueInMs > 0) {
      await pause(runtime, Math.min(dueInMs, lookMs), signal);
    } else if (dueInMs < -startWithinMs) {
      last = new Date(now - startWithinMs);
      onLate(tick);
    } else {
      const until = await attempt(tick);
      last = until ? new Date(until.getTime() - 1) : tick;
    }
  }
}
