import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../app/testing/until.ts';
import { type Random, seeded } from '../../app/web/page/model/random.ts';
import type { Keeper } from '../stack/processes/keeper.ts';
import type { RedisServer } from '../stack/servers/redis.ts';
import { type Instance, startInstance } from '../stack/service/instances.ts';
import { openRecordedRuns } from './recorded-runs.ts';
import { type JobFault, type JobsVerdict, judgeRuns } from './verdict.ts';
import { startWitness, type WitnessedRun } from './witness.ts';

export interface CampaignOptions {
  readonly keeper: Keeper;
  /** Of a database that is migrated. */
  readonly mysqlUrl: string;
  /** Restarted where that is one of the faults. */
  readonly redis: RedisServer;
  /** The name that only this campaign's runs are recorded under. */
  readonly job: string;
  /** One instance for each, by how far its clock is ahead. */
  readonly offsetsMs: readonly number[];
  /** How many ticks are run. */
  readonly ticks: number;
  /** What befalls a run, one after the other, each after so many others. */
  readonly faults: readonly JobFault[];
  readonly faultEvery: number;
  readonly seed: number;
  readonly onEvent?: (what: string) => void;
}

const ttlMs = 2000;
/** What a run takes, at the most, and at least where it is to be hit in its middle. */
const longestWorkMs = 250;
const hitWorkMs = 600;
const frozenForMs = ttlMs + 1500;
const settle = { withinMs: 15_000 };

/** Runs a job each second on several instances while faults befall them, and judges what came of it. */
export async function runCampaign(options: CampaignOptions): Promise<JobsVerdict> {
  const { keeper, mysqlUrl, redis, job, offsetsMs, ticks, faults, faultEvery, seed, onEvent = () => {} } = options;
  const random = seeded(seed);
  const befallen = new Map<number, JobFault>();
  const healing: Promise<void>[] = [];
  let instances: Instance[] = [];
  let isHurt = false;
  /** Before this tick, only the instances whose clocks are behind were up: an earlier tick was due to them alone. */
  let from = Number.POSITIVE_INFINITY;
  const judged = () => witness.runs.filter(({ tick }) => tick >= from);

  /** The run has begun: it may be the one that is hit. @returns how long it is to take. */
  function workMs(run: WitnessedRun): number {
    const fault = faults[befallen.size];
    const due = judged().length >= (befallen.size + 1) * faultEvery;
    const instance = instances.find(({ name }) => name === run.instance);
    if (!fault || !due || isHurt || !instance) return random(longestWorkMs);
    befallen.set(run.tick, fault);
    isHurt = true;
    onEvent(`${fault}: ${run.instance}, in the middle of ${new Date(run.tick).toISOString()}`);
    healing.push(
      hit(fault, instance, redis, random).then(() => {
        isHurt = false;
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
    await until(`${ticks} ticks have been run`, () => judged().length >= ticks, { withinMs: (ticks + 60) * 1000 });
    await Promise.all(healing);
    const hitLast = Math.max(0, ...befallen.keys());
    // The next instance that gets the lock finds the run that was hit last; then all is at rest.
    await until('what was hit is on record', () => witness.runs.some(({ tick }) => tick > hitLast + 2000), settle);
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
      befallen,
    );
  } finally {
    await Promise.all(healing);
    for (const instance of instances) await instance.stop();
  }
}

/** Hits the instance, or Redis, in the middle of a run, and resolves when that is over. */
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

/** When ticks have been begun, and are done, by every clock that is right but for whole seconds, or a third of one. */
function isGap(now: number): boolean {
  return now % 1000 > 600 && now % 1000 < 690;
}
