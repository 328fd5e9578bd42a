import type { RecordedRun } from '../runs/run-row.ts';
import type { Schedule } from './schedule.ts';

/** Ticks that no instance has run, though none was at work on the one before. */
export interface MissedTicks {
  readonly count: number;
  /** Whether there are more than were looked at. */
  readonly more: boolean;
  /** Since when they are told: the first of the runs looked at; null where there is none. */
  readonly since: Date | null;
  /** The last of them. */
  readonly last: readonly Date[];
}

export interface MissedOptions {
  readonly schedule: Schedule;
  /** The latest first. */
  readonly runs: readonly RecordedRun[];
  /** What is later than this may yet be begun. */
  readonly until: Date;
}

/** How many ticks without a run are looked at. */
const mostMissed = 200;
const shown = 10;

/** Compares the schedule with what is on record of it: a tick that nobody could begin has left no trace but its absence. */
export function findMissed({ schedule, runs, until }: MissedOptions): MissedTicks {
  const ofSchedule = runs.filter((run) => !run.byHand && run.schedule === schedule.text);
  const first = ofSchedule.at(-1)?.scheduledAt;
  if (!first) return { count: 0, more: false, since: null, last: [] };
  const recorded = new Set(ofSchedule.map(({ scheduledAt }) => scheduledAt.getTime()));
  // A run that has not ended covers all that came due since: what is later need not be looked at.
  const open = runs.findLast(({ endedAt }) => endedAt === null)?.scheduledAt;
  const end = open && open < until ? open : until;
  const missed: Date[] = [];
  for (let tick = schedule.next(first); tick && tick <= end; tick = schedule.next(tick)) {
    if (recorded.has(tick.getTime()) || runs.some((run) => covers(run, tick))) continue;
    if (missed.length === mostMissed)
      return { count: mostMissed, more: true, since: first, last: missed.slice(-shown) };
    missed.push(tick);
  }
  return { count: missed.length, more: false, since: first, last: missed.slice(-shown) };
}

/** A run that goes on when the next tick comes due leaves none for that tick: see {@link JobRuns.coveredUntil}. */
function covers({ scheduledAt, startedAt, endedAt, outcome }: RecordedRun, tick: Date | undefined): boolean {
  if (!tick || scheduledAt >= tick) return false;
  if (endedAt === null) return true;
  if (outcome !== 'succeeded' && outcome !== 'failed') return false;
  return scheduledAt.getTime() + (endedAt.getTime() - startedAt.getTime()) > tick.getTime();
}
