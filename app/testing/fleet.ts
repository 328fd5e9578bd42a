import { expect, vi } from 'vitest';
import type { Job, JobContext } from '../jobs/job.ts';
import type { RecordedRun } from '../jobs/run-row.ts';
import { type JobsInstance, type JobsInstanceOptions, openJobsInstance, testJob } from './jobs.ts';

/** What a run noted as it began. */
export interface Begun {
  readonly instance: string;
  /** In milliseconds since 1970. */
  readonly tick: number;
  readonly token: bigint;
}

/** Instances with one job in common. */
export interface Fleet extends AsyncDisposable {
  readonly job: Job;
  readonly instances: readonly JobsInstance[];
  /** The first of them. */
  readonly first: JobsInstance;
  /** Every run that has begun, in this order. */
  readonly begun: readonly Begun[];
  /** Whether the lock of the job is held. */
  isLocked(): Promise<boolean>;
  start(): void;
  /** Stops the schedulers; what was recorded can still be read. */
  stop(): Promise<void>;
  /** @returns what is on record, the first tick first. */
  recorded(): Promise<RecordedRun[]>;
  /** Waits until so many runs have ended. @returns those that have. */
  ended(count: number): Promise<RecordedRun[]>;
}

export interface FleetOptions {
  /** One instance for each, by how far its clock is ahead. */
  readonly offsetsMs?: readonly number[];
  readonly job?: Partial<Job>;
  readonly instance?: JobsInstanceOptions;
  readonly instanceOf?: (index: number) => JobsInstanceOptions;
}

/** Opens a fleet that is not started yet. */
export async function openFleet(
  work: (context: JobContext, instance: string) => Promise<string>,
  { offsetsMs = [0], job: jobOptions = {}, instance = {}, instanceOf = () => ({}) }: FleetOptions = {},
): Promise<Fleet> {
  const begun: Begun[] = [];
  const job = testJob(async () => '', jobOptions);
  const instances = await Promise.all(
    offsetsMs.map((offsetMs, index) => {
      const name = `app-${index + 1}`;
      const run = (context: JobContext) => {
        begun.push({ instance: name, tick: context.scheduledAt.getTime(), token: context.token });
        return work(context, name);
      };
      const clock = () => Date.now() + offsetMs;
      return openJobsInstance({
        name,
        clock,
        jobs: [{ ...job, run }],
        leaderKey: job.name,
        ...instance,
        ...instanceOf(index),
      });
    }),
  );
  const [first] = instances;
  if (!first) throw new Error('a fleet needs an instance');
  const recorded = async () => (await first.runs.latest(job.name, 100)).reverse();
  return {
    job,
    instances,
    first,
    begun,
    isLocked: async () => (await first.redis.exists(`JOB_${job.name}`)) === 1,
    start() {
      for (const { scheduler } of instances) scheduler.start();
    },
    stop: async () => void (await Promise.all(instances.map(({ scheduler }) => scheduler.stop()))),
    recorded,
    ended: (count) =>
      vi.waitFor(
        async () => {
          const runs = (await recorded()).filter(({ outcome }) => outcome !== null);
          expect(runs.length).toBeGreaterThanOrEqual(count);
          return runs;
        },
        { timeout: 15_000, interval: 50 },
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all(instances.map((one) => one.stop()));
    },
  };
}

/** @returns what an instance has said in such words. */
export function said(instance: JobsInstance | undefined, what: RegExp): readonly Record<string, unknown>[] {
  return instance?.lines.filter(({ msg }) => what.test(String(msg))) ?? [];
}

/**
 * @returns which of the seconds from the first to the last were run more than once, and which not at all. One that an
 *   instance had taken, and not yet begun, when it was stopped is neither: that is on record.
 */
export async function faultsOf({ begun, recorded }: Fleet): Promise<{ twice: number[]; missed: number[] }> {
  const counts = new Map<number, number>();
  for (const { tick } of begun) counts.set(tick, (counts.get(tick) ?? 0) + 1);
  const stopped = (await recorded()).filter(({ detail }) => detail?.endsWith('before the work began'));
  const taken = new Set(stopped.map(({ scheduledAt }) => scheduledAt.getTime()));
  const missed: number[] = [];
  const ticks = [...counts.keys()];
  for (let tick = Math.min(...ticks); tick < Math.max(...ticks); tick += 1000) {
    if (!counts.has(tick) && !taken.has(tick)) missed.push(tick);
  }
  return { twice: [...counts].flatMap(([tick, count]) => (count > 1 ? [tick] : [])), missed };
}

/** A job's work that goes on until it is broken off. */
export function untilAborted({ signal }: JobContext): Promise<string> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

/** For `vi.waitFor`: what is to come with the next tick, on a machine that may be busy. */
export const soon = { timeout: 10_000, interval: 20 };
