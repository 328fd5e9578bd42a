import type { Job, JobContext } from '../jobs/job.ts';
import type { RecordedRun } from '../jobs/runs/run-row.ts';
import type { SimulatedProcess } from '../redis-lock/simulation/simulated-process.ts';
import { type JobsInstance, type JobsInstanceOptions, openJobsInstance, testJob } from './jobs.ts';
import { PacedTime } from './paced-time.ts';

/** What a run noted as it began. */
interface Begun {
  readonly instance: string;
  /** In milliseconds since 1970. */
  readonly tick: number;
  readonly token: bigint;
  /** In virtual time. */
  readonly atMs: number;
}

/** Instances with one job in common, in a time of their own. */
export interface Fleet extends AsyncDisposable {
  readonly time: PacedTime;
  readonly job: Job;
  readonly instances: readonly JobsInstance[];
  /** The first of them. */
  readonly first: JobsInstance;
  /** Every run that has begun, in this order. */
  readonly begun: readonly Begun[];
  /** Whether the lock of the job is held. */
  isLocked(): Promise<boolean>;
  /** Has Redis lose the lock of the job, as when its TTL is over. */
  loseLock(): Promise<void>;
  /** The same once its TTL has passed, for the lock that is held now: by an instance that does not renew it any more. */
  loseLockAfterTtl(): Promise<void>;
  /** Adds an instance. */
  join(name: string, options?: JobsInstanceOptions): Promise<JobsInstance>;
  start(): void;
  /** Stops the schedulers; what was recorded can still be read. */
  stop(): Promise<void>;
  /** @returns what is on record, the first tick first. */
  recorded(): Promise<RecordedRun[]>;
  /** Lets time pass until so many runs have begun. */
  hasBegun(count: number): Promise<void>;
  /** Lets time pass until so many runs have ended. @returns those that have. */
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
  work: (context: JobContext, process: SimulatedProcess, instance: string) => Promise<string>,
  { offsetsMs = [0], job: jobOptions = {}, instance = {}, instanceOf = () => ({}) }: FleetOptions = {},
): Promise<Fleet> {
  const time = new PacedTime();
  const begun: Begun[] = [];
  const job = testJob(async () => '', jobOptions);
  const instances: JobsInstance[] = [];

  async function join(name: string, options: JobsInstanceOptions = {}): Promise<JobsInstance> {
    const run = (context: JobContext) => {
      begun.push({ instance: name, tick: context.scheduledAt.getTime(), token: context.token, atMs: time.now });
      return work(context, joined.process, name);
    };
    const jobs = [{ ...job, run }];
    const joined = await openJobsInstance({ name, time, jobs, leaderKey: job.name, ...instance, ...options });
    instances.push(joined);
    return joined;
  }

  for (const [index, aheadMs] of offsetsMs.entries()) await join(`app-${index + 1}`, { aheadMs, ...instanceOf(index) });
  const [first] = instances;
  if (!first) throw new Error('a fleet needs an instance');
  const lockKey = `JOB_${job.name}`;
  const stop = async () => {
    const alive = instances.filter(({ process }) => !process.isKilled);
    await time.while('all have stopped', Promise.all(alive.map(({ scheduler }) => scheduler.stop())));
  };
  const recorded = async () => (await first.runs.latest(job.name, 1000)).reverse();
  return {
    time,
    job,
    instances,
    first,
    begun,
    isLocked: async () => (await first.redis.exists(lockKey)) === 1,
    loseLock: async () => void (await first.redis.del(lockKey)),
    async loseLockAfterTtl() {
      const holder = await first.redis.get(lockKey);
      const lose = async () => void ((await first.redis.get(lockKey)) === holder && (await first.redis.del(lockKey)));
      time.after(job.ttlMs, () => time.standStill(lose()));
    },
    join,
    start() {
      for (const { scheduler } of instances) scheduler.start();
    },
    stop,
    recorded,
    hasBegun: async (count) => void (await time.until(`${count} runs have begun`, () => begun.length >= count)),
    ended: (count) =>
      time.until(`${count} runs have ended`, async () => {
        const runs = (await recorded()).filter(({ outcome }) => outcome !== null);
        return runs.length >= count && runs;
      }),
    async [Symbol.asyncDispose]() {
      await stop();
      for (const one of instances) await one.stop();
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
