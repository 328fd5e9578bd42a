import { pause } from '../../pause.ts';
import type { Runtime } from '../../redis-lock/index.ts';
import type { Schedule } from './schedule.ts';

export interface TicksOptions {
  readonly schedule: Schedule;
  readonly runtime: Runtime;
  /** How long after its time a tick may still be begun. */
  readonly startWithinMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Called for each tick that is due, one after the other. @returns before when there is nothing to do, if that is known. */
  readonly attempt: (tick: Date) => Promise<Date | undefined>;
  /** It is too late for this tick, and for those up to the ones that may still be begun. */
  readonly onLate: (tick: Date) => void;
}

/** How often the clock is looked at, at least: it may be set, or the machine may sleep. */
const lookMs = 1000;

/**
 * Follows a schedule by this instance's clock: every tick that comes due from now on. Not by the timers of a library for
 * cron, which take the time of the machine, and what is due for what was scheduled: a run belongs to its tick, whenever
 * it begins.
 */
export async function followTicks(options: TicksOptions): Promise<void> {
  const { schedule, runtime, startWithinMs, signal, attempt, onLate } = options;
  for (let last = new Date(runtime.wallClock()); !signal.aborted; ) {
    const now = runtime.wallClock();
    if (now < last.getTime()) last = new Date(now); // the clock was put back; what has been run by then is on record
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
