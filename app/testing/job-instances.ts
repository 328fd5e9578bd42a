import type { Job, JobContext } from '../jobs/job.ts';
import type { RecordedRun } from '../jobs/runs/run-row.ts';
import type { SimulatedProcess } from '../redis-lock/simulation/world/simulated-process.ts';
import { type JobsInstance, type JobsInstanceOptions, openJobsInstance, testJob } from './jobs.ts';
import { PacedTime } from './paced-time.ts';

/** A run that has begun. */
interface Begun {
  readonly instance: string;
  /** In milliseconds since 1970. */
  readonly tick: number;
  readonly token: bigint;
  /** Virtual time. */
  readonly atMs: number;
}

/** Instances that run the same job, in virtual time. */
export interface JobInstances extends AsyncDisposable {
  readonly time: PacedTime;
  readonly job: Job;
  readonly all: readonly JobsInstance[];
  readonly first: JobsInstance;
  /** The runs in the order in which they began. */
  readonly begun: readonly Begun[];
  /** @returns true while the job's lock is held. */
  isLocked(): Promise<boolean>;
  /** Deletes the job's lock from Redis, as when its TTL expires. */
  loseLock(): Promise<void>;
  /** Deletes the lock after one TTL if its holder is still the same: an instance that no longer extends it. */
  loseLockAfterTtl(): Promise<void>;
  /** Adds an instance. */
  join(name: string, options?: JobsInstanceOptions): Promise<JobsInstance>;
  start(): void;
  /** Stops the schedulers. The record can still be read. */
  stop(): Promise<void>;
  /** @returns the recorded runs, by tick. */
  recorded(): Promise<RecordedRun[]>;
  /** Lets time pass until this many runs have begun. */
  hasBegun(count: number): Promise<void>;
  /** Lets time pass until this many runs have ended. @returns them. */
  ended(count: number): Promise<RecordedRun[]>;
}

export interface JobInstancesOptions {
  /** How far the clock of each instance is ahead, in milliseconds. */
  readonly offsetsMs?: readonly number[];
  readonly job?: Partial<Job>;
  readonly instance?: JobsInstanceOptions;
  readonly instanceOf?: (index: number) => JobsInstanceOptions;
}

/** Opens instances without starting their schedulers. */
export async function openInstances(
  work: (context: JobContext, process: SimulatedProcess, instance: string) => Promise<string>,
  { offsetsMs = [0], job: jobOptions = {}, instance = {}, instanceOf = () => ({}) }: JobInstancesOptions = {},
): Promise<JobInstances> {
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
  if (!first) throw new Error('at least one instance is needed');
  const lockKey = `JOB_${job.name}`;
  const stop = async () => {
    const alive = instances.filter(({ process }) => !process.isKilled);
    await time.while('all have stopped', Promise.all(alive.map(({ scheduler }) => scheduler.stop())));
  };
  const recorded = async () => (await first.runs.latest(job.name, 1000)).reverse();
  return {
    time,
    job,
    all: instances,
    first,
    begun,
    isLocked: async () => (await first.redis.exists(lockKey)) === 1,
    loseLock: async () => void (await first.redis.del(lockKey)),
    async loseLockAfterTtl() {
      const readHolder = async () => (await first.redis.get(lockKey))?.replace('+', ''); // without the mark of a waiter
      const holder = await readHolder();
      const lose = async () => void ((await readHolder()) === holder && (await first.redis.del(lockKey)));
      time.after(job.ttlMs, () => time.waitFor(lose()));
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

/** @returns the lines of an instance's log whose message matches. */
export function logged(instance: JobsInstance | undefined, what: RegExp): readonly Record<string, unknown>[] {
  return instance?.lines.filter(({ msg }) => what.test(String(msg))) ?? [];
}

/**
 * @returns the ticks, one a second, that ran more than once, and those that did not run. A tick whose run was recorded but
 *   not begun before its instance stopped counts as neither.
 */
export async function faultsOf({ begun, recorded }: JobInstances): Promise<{ twice: number[]; missed: number[] }> {
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

/** A job's work that lasts until it is aborted. */
export function untilAborted({ signal }: JobContext): Promise<string> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
