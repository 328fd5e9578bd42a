import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../app/testing/until.ts';
import { type Random, seeded } from '../../app/web/page/state/random.ts';
import type { Keeper } from '../stack/processes/keeper.ts';
import type { RedisServer } from '../stack/servers/redis.ts';
import { type Instance, startInstance } from '../stack/service/instances.ts';
import { openRecordedRuns } from './recorded-runs.ts';
import { type JobFault, type JobsVerdict, judgeRuns } from './verdict.ts';
import { startWitness, type WitnessedRun } from './witness.ts';

export interface CampaignOptions {
  readonly keeper: Keeper;
  /** URL of a migrated database. */
  readonly mysqlUrl: string;
  /** Restarted if that is one of the faults. */
  readonly redis: RedisServer;
  /** The job's name, used by this campaign only. */
  readonly job: string;
  /** For each instance, how far its clock is ahead. */
  readonly offsetsMs: readonly number[];
  /** Number of ticks. */
  readonly ticks: number;
  /** Injected one after the other, each during a run. */
  readonly faults: readonly JobFault[];
  /** Number of runs from one fault to the next. */
  readonly faultEvery: number;
  readonly seed: number;
  readonly onEvent?: (what: string) => void;
}

const ttlMs = 2000;
/** The longest duration of a run, and the duration of a run that is hit by a fault. */
const longestWorkMs = 250;
const hitWorkMs = 600;
const frozenForMs = ttlMs + 1500;
const settle = { withinMs: 15_000 };

/** Runs a job each second on several instances, injects faults, and judges the result. */
export async function runCampaign(options: CampaignOptions): Promise<JobsVerdict> {
  const { keeper, mysqlUrl, redis, job, offsetsMs, ticks, faults, faultEvery, seed, onEvent = () => {} } = options;
  const random = seeded(seed);
  const faultOf = new Map<number, JobFault>();
  const healing: Promise<void>[] = [];
  let instances: Instance[] = [];
  let isHealing = false;
  /** The first tick that is judged: earlier ones were due only on the instances whose clocks are behind. */
  let from = Number.POSITIVE_INFINITY;
  const judged = () => witness.runs.filter(({ tick }) => tick >= from);

  /** Called when a run has begun, and may hit it with a fault. @returns the run's duration. */
  function workMs(run: WitnessedRun): number {
    const fault = faults[faultOf.size];
    const due = judged().length >= (faultOf.size + 1) * faultEvery;
    const instance = instances.find(({ name }) => name === run.instance);
    if (!fault || !due || isHealing || !instance) return random(longestWorkMs);
    faultOf.set(run.tick, fault);
    isHealing = true;
    onEvent(`${fault}: ${run.instance}, in the middle of ${new Date(run.tick).toISOString()}`);
    healing.push(
      hit(fault, instance, redis, random).then(() => {
        isHealing = false;
      }),
    );
    return hitWorkMs;
  }

  await using witness = await startWitness(workMs);
  await using records = openRecordedRuns(mysqlUrl);
  try {
    const common = { MYSQL_URL: mysqlUrl, REDIS_URL: redis.url, WITNESS_URL: witness.url, JOB: job };
    instances = await Promise.all(
      offsetsMs.map((offsetMs, index) => {
        const env = { ...common, TTL_MS: String(ttlMs), CLOCK_OFFSET_MS: String(offsetMs) };
        const program = 'load-tests/jobs/job-instance.ts';
        return startInstance({ name: `${job}-${index + 1}`, env, program }, keeper);
      }),
    );
    from = Math.ceil((Date.now() + Math.max(...offsetsMs)) / 1000) * 1000;
    const isOver = () => judged().length >= ticks && faultOf.size === faults.length;
    await until(`${ticks} ticks and all faults are over`, isOver, { withinMs: (ticks + 60) * 1000 });
    await Promise.all(healing);
    const hitLast = Math.max(0, ...faultOf.keys());
    // The next holder of the lock finds the run that was hit last.
    await until(
      'the runs that were hit are recorded',
      () => witness.runs.some(({ tick }) => tick > hitLast + 2000),
      settle,
    );
    await until(
      'no instance is at work',
      () => isGap(Date.now()) && witness.runs.at(-1)?.endedAtMs !== undefined,
      settle,
    );
    await Promise.all(instances.map((instance) => instance.stop()));
    const recorded = await records.latest(job, 10_000);
    return judgeRuns(
      judged(),
      recorded.filter(({ scheduledAt }) => scheduledAt.getTime() >= from),
      faultOf,
      faults,
    );
  } finally {
    await Promise.all(healing);
    for (const instance of instances) await instance.stop();
  }
}

/** Injects the fault into the instance or Redis in the middle of a run, and heals it. */
async function hit(fault: JobFault, instance: Instance, redis: RedisServer, random: Random): Promise<void> {
  await sleep(random(hitWorkMs / 2));
  if (fault === 'killed') {
    instance.kill('SIGKILL');
    await instance.ended();
    await instance.start();
  } else if (fault === 'frozen') {
    await instance.freeze();
    await sleep(frozenForMs);
    instance.kill('SIGCONT');
  } else {
    redis.kill('SIGKILL');
    await redis.ended();
    await redis.start();
  }
}

/** A time between ticks, when none is running, by every clock that is off by whole seconds or a third of one. */
function isGap(now: number): boolean {
  return now % 1000 > 600 && now % 1000 < 690;
}
