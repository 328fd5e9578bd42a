import type { RecordedRun } from '../../app/jobs/runs/run-row.ts';
import { countBy, countByInstance } from './counts.ts';
import type { WitnessedRun } from './witness.ts';

/** The fault during this tick's run. */
export type JobFault = 'killed' | 'frozen' | 'redis-restarted';

export interface JobsVerdict {
  /** Number of ticks from the first that was run to the last. */
  readonly ticks: number;
  /** Ticks that more than one run began, by the witness. */
  readonly begunTwice: readonly number[];
  /** Ticks without a record. */
  readonly missed: readonly number[];
  /** Recorded ticks that never began: their instance was killed between the record and the work. */
  readonly neverBegun: readonly number[];
  /** Runs that overlapped although no lease had been lost. */
  readonly atOnce: number;
  /** Runs of frozen instances that are recorded as a success. */
  readonly successesOfFrozen: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly ranBy: Readonly<Record<string, number>>;
  readonly faults: Readonly<Partial<Record<JobFault, number>>>;
  /** True if each tick ran exactly once, unless its instance was killed, and no frozen instance recorded a success. */
  readonly held: boolean;
}

const intervalMs = 1000;

/**
 * Compares the jobs' reports with the records, tick by tick.
 *
 * @throws when fewer faults than planned were injected: the others were not tested.
 */
export function judgeRuns(
  witnessed: readonly WitnessedRun[],
  recorded: readonly RecordedRun[],
  faults: ReadonlyMap<number, JobFault>,
  planned: readonly JobFault[],
): JobsVerdict {
  if (faults.size < planned.length) throw new Error(`${faults.size} of ${planned.length} planned faults were injected`);
  const records = new Map(recorded.map((run) => [run.scheduledAt.getTime(), run]));
  const begun = countBy(witnessed, ({ tick }) => tick);
  const all = [...records.keys(), ...begun.keys()];
  const ticks: number[] = [];
  for (let tick = Math.min(...all); tick <= Math.max(...all); tick += intervalMs) ticks.push(tick);

  const begunTwice = [...begun].flatMap(([tick, times]) => (times > 1 ? [tick] : []));
  const missed = ticks.filter((tick) => !records.has(tick));
  const neverBegun = [...records.keys()].filter((tick) => !begun.has(tick));
  const frozen = [...faults].flatMap(([tick, fault]) => (fault === 'frozen' ? [tick] : []));
  const successesOfFrozen = frozen.filter((tick) => records.get(tick)?.outcome === 'succeeded').length;
  const orderly = witnessed.filter(({ tick }) => !faults.has(tick) && records.get(tick)?.outcome === 'succeeded');
  const atOnce = overlaps(orderly);
  const excused = neverBegun.every((tick) => records.get(tick)?.outcome === 'killed');
  return {
    ticks: ticks.length,
    begunTwice,
    missed,
    neverBegun,
    atOnce,
    successesOfFrozen,
    outcomes: Object.fromEntries(countBy(recorded, ({ outcome }) => outcome ?? 'open')),
    ranBy: countByInstance(recorded),
    faults: Object.fromEntries(countBy([...faults.values()], (fault) => fault)),
    held:
      ticks.length > 0 &&
      begunTwice.length + missed.length + atOnce + successesOfFrozen === 0 &&
      excused &&
      recorded.every(hasEnded),
  };
}

/** True if the run ended by itself or was marked as dead. All runs have ended at the time of the verdict. */
const hasEnded = ({ outcome }: RecordedRun) => outcome !== null;

function overlaps(runs: readonly WitnessedRun[]): number {
  const inOrder = [...runs].sort((a, b) => a.beganAtMs - b.beganAtMs);
  return inOrder.filter((run, index) => run.beganAtMs < (inOrder[index - 1]?.endedAtMs ?? 0)).length;
}
