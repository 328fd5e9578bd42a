import { z } from 'zod';
import type { RecordedRun } from '../runs/run-row.ts';
import type { Schedule } from './schedule.ts';

/** Ticks that no instance has run, although no earlier run overlaps them. */
export const missedTicksSchema = z.object({
  count: z.int().min(0),
  more: z.boolean().describe('True if the search stopped at its limit.'),
  since: z.date().nullable().describe('Start of the search: the oldest of the runs; null if there is none.'),
  last: z.array(z.date()).describe('The latest missed ticks.'),
});
type MissedTicks = z.output<typeof missedTicksSchema>;

export interface MissedOptions {
  readonly schedule: Schedule;
  /** Latest first. */
  readonly runs: readonly RecordedRun[];
  /** Later ticks may still begin. */
  readonly until: Date;
}

/** Limit of the search. */
const mostMissed = 200;
const shown = 10;

/** Compares the schedule with the recorded runs: a tick that no instance could begin shows only by its absence. */
export function findMissed({ schedule, runs, until }: MissedOptions): MissedTicks {
  const ofSchedule = runs.filter((run) => !run.byHand && run.schedule === schedule.text);
  const first = ofSchedule.at(-1)?.scheduledAt;
  if (!first) return { count: 0, more: false, since: null, last: [] };
  const recorded = new Set(ofSchedule.map(({ scheduledAt }) => scheduledAt.getTime()));
  // An unfinished run covers every tick since, so the search ends there.
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

/** A run that overlaps later ticks covers them: see {@link JobRuns.coveredUntil}. */
function covers({ scheduledAt, startedAt, endedAt, outcome }: RecordedRun, tick: Date | undefined): boolean {
  if (!tick || scheduledAt >= tick) return false;
  if (endedAt === null) return true;
  if (outcome !== 'succeeded' && outcome !== 'failed') return false;
  return scheduledAt.getTime() + (endedAt.getTime() - startedAt.getTime()) > tick.getTime();
}
