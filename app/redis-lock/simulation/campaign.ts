import fc from 'fast-check';
import type { Violation } from './promises/promises.ts';
import type { Schedule } from './schedule.ts';
import { simulate } from './simulate.ts';

export interface ScheduleResult {
  readonly seed: number;
  readonly actions: number;
  readonly reached: Readonly<Record<string, number>>;
  /** The shortest schedule that was found to break a promise, and what it breaks. */
  readonly failure: { readonly schedule: Schedule; readonly violations: readonly Violation[] } | undefined;
}

export interface CampaignOptions {
  readonly arbitrary: fc.Arbitrary<Schedule>;
  readonly ignoresLosses?: boolean;
  /** How many shorter schedules are tried for one that fails. Default 2000. */
  readonly mostShrinks?: number;
}

/**
 * Draws the schedule of this seed and runs it. One that breaks a promise is shrunk by fast-check: actions are left out
 * and values made simpler for as long as the same promise is still broken.
 */
export async function runSeed(seed: number, options: CampaignOptions): Promise<ScheduleResult> {
  const { arbitrary, ignoresLosses = false, mostShrinks = 2000 } = options;
  let first: { actions: number; reached: Readonly<Record<string, number>>; promise: string | undefined } | undefined;
  let failure: ScheduleResult['failure'];
  let shrinks = 0;
  const property = fc.asyncProperty(arbitrary, async (schedule) => {
    if (first && ++shrinks > mostShrinks) return true;
    const { violations, reached } = await simulate(schedule, ignoresLosses);
    const promise = violations[0]?.promise;
    first ??= { actions: schedule.actions.length, reached, promise };
    if (!promise || promise !== first.promise) return true;
    failure = { schedule, violations };
    return false;
  });
  const { failed, errorInstance } = await fc.check(property, { seed, numRuns: 1, endOnFailure: mostShrinks === 0 });
  if (failed && !failure) throw errorInstance; // a mistake of the simulation, not of the lock
  return { seed, actions: first?.actions ?? 0, reached: first?.reached ?? {}, failure };
}

/** @returns a schedule in lines, as a bug report shows it. */
export function describeSchedule({ config, actions }: Schedule): string[] {
  const { processes, servers, nodeTimeoutMs, subscribers, seed } = config;
  let atMs = 2;
  return [
    `${servers.length} Redis, subscribers ${subscribers}, node timeout ${nodeTimeoutMs} ms, delays of seed ${seed}`,
    ...processes.map(
      ({ ttlMs, autoExtend, clockError, wallClockOffsetMs }, index) =>
        `process ${index}: TTL ${ttlMs} ms${autoExtend ? ', renewed' : ''}${clockError ? `, clock ${clockError / 1000} % off` : ''}${wallClockOffsetMs ? `, wall clock ${wallClockOffsetMs} ms off` : ''}`,
    ),
    ...servers.flatMap(({ clockError, clockOffsetMs }, node) =>
      clockError || clockOffsetMs
        ? [`server ${node}: clock ${clockError / 1000} % off, ${clockOffsetMs} ms ahead`]
        : [],
    ),
    ...actions.map(({ afterMs, do: verb, ...rest }) => {
      atMs += afterMs;
      const details = Object.entries(rest).filter(([, value]) => value !== undefined);
      return `${atMs.toFixed(0).padStart(8)} ms  ${verb} ${details.map(([name, value]) => `${name} ${value}`).join(', ')}`;
    }),
  ];
}
