import { expect, test } from 'vitest';
import { pause } from '../../app/pause.ts';
import { epochMs } from '../../app/redis-lock/simulation/world/simulated-process.ts';
import { type JobInstances, openInstances } from '../../app/testing/job-instances.ts';
import type { JobsInstance } from '../../app/testing/jobs.ts';
import { soon, until } from '../../app/testing/until.ts';
import { findPrograms } from '../stack/install/programs.ts';
import { startKeeper } from '../stack/processes/keeper.ts';
import { startRedis } from '../stack/servers/redis.ts';
import { type JobFault, type JobsVerdict, judgeRuns } from './verdict.ts';
import type { WitnessedRun } from './witness.ts';

// `npm run jobs-test` plays the same with real processes, by real time. Here the processes are simulated and time is virtual.

const job = { ttlMs: 10_000, atLeastForMs: 300 };
const longestWorkMs = 250;
/** A run takes so long that is hit in its middle. */
const hitWorkMs = 600;
const redisIsAwayForMs = 700;
const faultEvery = 3;

interface Campaign {
  /** One instance for each, by how far its clock is ahead. */
  readonly offsetsMs: readonly number[];
  readonly ticks: number;
  /** What befalls a run, one after the other, each after so many others. */
  readonly faults: readonly JobFault[];
}

/** Runs a job each second while faults befall its instances. @returns what is to be said of it. */
async function play({ offsetsMs, ticks, faults }: Campaign): Promise<JobsVerdict> {
  const keeper = await startKeeper();
  try {
    // Of its own: it may be restarted.
    const redis = await startRedis(findPrograms().redis ?? 'redis-server', keeper);
    const runs: { -readonly [P in keyof WitnessedRun]: WitnessedRun[P] }[] = [];
    const befallen = new Map<number, JobFault>();
    let isHurt = false;
    const from = epochMs + Math.max(...offsetsMs); // before this tick, those whose clocks are behind were alone
    const judged = () => runs.filter(({ tick }) => tick >= from);

    await using instances = await openInstances(
      async ({ scheduledAt, token }, runtime, instance) => {
        const begun = { instance, tick: scheduledAt.getTime(), token: String(token), beganAtMs: instances.time.now };
        const run: (typeof runs)[number] = begun;
        runs.push(run);
        const fault = faults[befallen.size];
        // Not while ticks are late, of the fault before: it may be too late for them then.
        const isInTime = run.tick >= from + instances.time.now - 1000;
        const isDue = fault && !isHurt && isInTime && judged().length > (befallen.size + 1) * faultEvery;
        if (isDue) befall(run, fault);
        await pause(runtime, isDue ? hitWorkMs : longestWorkMs * runtime.random());
        run.endedAtMs = instances.time.now;
        return 'witnessed';
      },
      { offsetsMs, job, instance: { redisUrl: redis.url } },
    );
    const { time } = instances;

    function befall(run: WitnessedRun, fault: JobFault): void {
      befallen.set(run.tick, fault);
      isHurt = true;
      time.after(hitWorkMs / 2, () => time.waitFor(hit(run, fault)));
    }

    async function hit({ instance: name }: WitnessedRun, fault: JobFault): Promise<void> {
      const heal = (afterMs: number, work: () => Promise<unknown>) => {
        const healed = async () => {
          await work();
          isHurt = false;
        };
        time.after(afterMs, () => time.waitFor(healed()));
      };
      const instance = alive(instances).find((one) => one.name === name);
      if (!instance) throw new Error(`${name} is gone`);
      if (fault === 'redis-restarted') {
        redis.kill('SIGKILL');
        await redis.ended();
        await until('the instances notice', () => alive(instances).every((one) => one.redis.status !== 'ready'), soon);
        heal(redisIsAwayForMs, async () => {
          await redis.start();
          await until(
            'the instances are back',
            () => alive(instances).every((one) => one.redis.status === 'ready'),
            soon,
          );
        });
        return;
      }
      await instances.loseLockAfterTtl();
      if (fault === 'frozen') {
        instance.process.pause();
        heal(job.ttlMs + 1500, async () => instance.process.resume());
      } else {
        instance.process.kill();
        heal(1000, async () => (await instances.join(name, { aheadMs: instance.aheadMs })).scheduler.start());
      }
    }

    instances.start();
    const hitLast = () => Math.max(0, ...befallen.keys());
    const isOver = () => judged().length >= ticks && befallen.size === faults.length && !isHurt;
    await time.until('all of it has been played', () => isOver() && runs.some(({ tick }) => tick > hitLast() + 2000));
    await instances.stop();
    const recorded = await instances.recorded();
    return judgeRuns(
      judged(),
      recorded.filter(({ scheduledAt }) => scheduledAt.getTime() >= from),
      befallen,
      faults,
    );
  } finally {
    await keeper.end();
  }
}

const alive = ({ all }: JobInstances): JobsInstance[] => all.filter(({ process }) => !process.isKilled);

test('three instances run every tick once, fifty times', async () => {
  const verdict = await play({ offsetsMs: [0, 0, 0], ticks: 50, faults: [] });
  expect(verdict.ticks).toBeGreaterThanOrEqual(50);
  expect({ twice: verdict.begunTwice, missed: verdict.missed }).toEqual({ twice: [], missed: [] });
  expect(verdict.held, JSON.stringify(verdict)).toBe(true);
});

test('clocks seconds apart, killed and frozen instances and a restart of Redis: every tick is run once', async () => {
  const faults = ['killed', 'frozen', 'redis-restarted'] as const;
  const verdict = await play({ offsetsMs: [2000, 0, -2000], ticks: 15, faults });
  expect(verdict.faults).toEqual({ killed: 1, frozen: 1, 'redis-restarted': 1 });
  expect(verdict.ticks).toBeGreaterThanOrEqual(15);
  const { begunTwice, missed, successesOfFrozen } = verdict;
  expect({ begunTwice, missed, successesOfFrozen }).toEqual({ begunTwice: [], missed: [], successesOfFrozen: 0 });
  expect(verdict.outcomes.killed).toBeGreaterThanOrEqual(1);
  expect(verdict.held, JSON.stringify(verdict)).toBe(true);
});
