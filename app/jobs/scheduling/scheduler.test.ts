import { describe, expect, test } from 'vitest';
import { pause } from '../../pause.ts';
import type { Runtime } from '../../redis-lock/index.ts';
import { epochMs } from '../../redis-lock/simulation/world/simulated-process.ts';
import { faultsOf, type JobInstances, logged, openInstances, untilAborted } from '../../testing/job-instances.ts';
import { openJobsInstance, testJob } from '../../testing/jobs.ts';
import type { JobContext } from '../job.ts';

// Concurrent: these tests mostly wait for the servers.
describe.concurrent('the scheduler', () => {
  describe('runs every tick exactly once', () => {
    test.each([
      { clocks: '2 s behind and ahead', offsetsMs: [-2000, 0, 2000] },
      { clocks: 'almost in step', offsetsMs: [-130, 0, 370] },
    ])('by instances with clocks $clocks', async ({ offsetsMs }) => {
      const work = async (_context: JobContext, runtime: Runtime) => {
        await pause(runtime, 200 * runtime.random());
        return 'done';
      };
      await using instances = await openInstances(work, { offsetsMs });
      instances.start();
      await instances.time.pass(6_500);
      await instances.stop();
      expect(await faultsOf(instances)).toEqual({ twice: [], missed: [] });
      expect(instances.begun.length).toBeGreaterThanOrEqual(6);
      const runs = (await instances.recorded()).map(({ scheduledAt, outcome }) => [
        scheduledAt.getTime(),
        outcome !== null,
      ]);
      expect(runs).toEqual(instances.begun.map(({ tick }) => [tick, true]).sort());
    });

    test('with the locks on a majority of five Redis servers', async () => {
      await using instances = await openInstances(async () => 'done', {
        offsetsMs: [0, 0, 300],
        instance: { redlock: true },
      });
      for (const { leader } of instances.all) leader.start();
      instances.start();
      await instances.ended(5);
      await instances.stop();
      expect(await faultsOf(instances)).toEqual({ twice: [], missed: [] });
      expect(instances.all.filter(({ leader }) => leader.term())).toHaveLength(1);
    });

    test('while an instance with a clock 2 s ahead comes and goes', async () => {
      await using instances = await openInstances(async () => 'done', { offsetsMs: [2000, 0, -2000] });
      const [ahead, ...others] = instances.all;
      for (const { scheduler } of others) scheduler.start();
      await instances.time.pass(2300);
      ahead?.scheduler.start();
      await instances.time.pass(3000);
      await instances.time.while('it has gone', Promise.resolve(ahead?.scheduler.stop()));
      await instances.time.pass(4000); // until the others have passed its last tick
      await instances.stop();
      expect(await faultsOf(instances)).toEqual({ twice: [], missed: [] });
      expect(new Set(instances.begun.map(({ instance }) => instance))).toContain('app-1');
      expect(instances.begun.length).toBeGreaterThanOrEqual(6);
    });
  });

  describe('the lock', () => {
    test('is held for at-least-for, so that an instance with a late clock skips', async () => {
      const almostNewYear = Date.UTC(2027, 0, 1) - 500 - epochMs;
      const job = { schedule: '0 0 1 1 *', atLeastForMs: 4000 }; // one tick a year
      const offsetsMs = [almostNewYear, almostNewYear - 1000];
      await using instances = await openInstances(async () => 'at once', { offsetsMs, job });
      const [first, behind] = instances.all;
      instances.start();
      await instances.ended(1);
      expect(await instances.isLocked()).toBe(true);
      const skips = () => logged(behind, /^Failed to acquire job lock, skipping this run$/);
      await instances.time.until('the other has skipped it', () => skips().length > 0);
      expect(await instances.isLocked()).toBe(true);
      expect(logged(behind, /^Acquired/)).toEqual([]);
      const releases = () => logged(first, /^Released job lock$/);
      await instances.time.until('the first has released the lock', () => releases().length > 0);
      expect(instances.time.now - (instances.begun[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(3999);
      expect([skips().length, releases().length]).toEqual([1, 1]);
      expect(instances.begun).toHaveLength(1);
    });

    test('is not held beyond the next tick', async () => {
      const job = { atLeastForMs: 60_000 };
      await using instances = await openInstances(async () => 'at once', { offsetsMs: [0, 0], job });
      const [byHand, other] = instances.all;
      expect(await byHand?.scheduler.runNow(instances.job.name)).toMatchObject({ outcome: 'begun' }); // it has no further tick
      other?.scheduler.start();
      await instances.hasBegun(4);
      expect(instances.time.now).toBeLessThan(60_000); // of virtual time
      await instances.stop();
      expect(new Set(instances.begun.map(({ tick }) => tick)).size).toBe(instances.begun.length);
    });

    test('is logged with the job, the tick and the token', async () => {
      await using instances = await openInstances(async () => 'done');
      instances.start();
      const [run] = await instances.ended(1);
      await instances.stop();
      const fields = { job: instances.job.name, tick: run?.scheduledAt.toISOString(), token: run?.token };
      expect(instances.first.lines).toContainEqual(expect.objectContaining({ msg: 'Acquired job lock', ...fields }));
      expect(instances.first.lines).toContainEqual(expect.objectContaining({ msg: 'Released job lock', ...fields }));
    });

    test('of a dead instance delays the tick by its TTL at most', async () => {
      await using instances = await openInstances(async () => 'done', { offsetsMs: [0, 0] });
      await instances.first.redis.set(`JOB_${instances.job.name}`, 'a dead one', 'PX', 60_000);
      instances.start();
      await instances.time.pass(3000);
      expect(instances.begun).toEqual([]);
      await instances.loseLock();
      await instances.hasBegun(1);
      expect(instances.time.now).toBeLessThan(3500); // of virtual time
      expect(instances.begun[0]?.tick).toBe(epochMs + 1000); // the very first tick
      await instances.ended(4);
      await instances.stop();
      expect(await faultsOf(instances)).toEqual({ twice: [], missed: [] });
    });

    test('with a stale token is acquired again with a greater one', async () => {
      await using instances = await openInstances(async () => 'done');
      const token = BigInt(Date.now()) * 1000n + 3_600_000_000n; // as after Redis lost its data and its clock was set back 1 h
      const scheduledAt = new Date(epochMs - 60_000);
      await instances.first.runs.claim({ job: instances.job.name, scheduledAt, token, schedule: 'x', byHand: false });
      instances.start();
      await instances.hasBegun(1);
      expect(instances.begun[0]?.token).toBeGreaterThan(token);
    });
  });

  describe('a clock', () => {
    test.each([
      { put: 'forward by an hour', byMs: 3_600_000 },
      { put: 'back by an hour', byMs: -3_600_000 },
    ])('put $put takes effect at once', async ({ byMs }) => {
      await using instances = await openInstances(async () => 'done');
      const { process, scheduler } = instances.first;
      instances.start();
      await instances.ended(2);
      const before = instances.begun.length;
      process.jump(byMs);
      await instances.hasBegun(before + 3);
      const jumpMs = (instances.begun[before]?.tick ?? 0) - (instances.begun[before - 1]?.tick ?? 0);
      // Every tick that may still begin does, so the first one may be that old.
      expect(jumpMs).toBeGreaterThan(byMs - (scheduler.jobs[0]?.startWithinMs ?? 0));
      expect(jumpMs).toBeLessThanOrEqual(byMs + 1000);
      expect((await faultsOf(instances)).twice).toEqual([]);
    });
  });

  describe('a manual run', () => {
    test('runs at once, independent of the ticks, one at a time', async () => {
      await using instances = await openInstances(untilAborted, { offsetsMs: [0, 0], job: { schedule: '0 0 1 1 *' } });
      const [first, second] = instances.all;
      const asked = await first?.scheduler.runNow(instances.job.name);
      expect(asked).toMatchObject({ outcome: 'begun' });
      expect(await second?.scheduler.runNow(instances.job.name)).toMatchObject({ outcome: 'not-now', reason: 'held' });
      expect(await first?.scheduler.runNow(instances.job.name)).toMatchObject({ outcome: 'not-now', reason: 'held' });
      await instances.stop();
      expect(await instances.recorded()).toMatchObject([{ byHand: true, outcome: 'killed' }]);
      expect(await first?.scheduler.runNow('another')).toBeUndefined();
    });
  });

  describe('a job of the leader', () => {
    test('runs only on the leader, then on the next one, and misses no tick', async () => {
      await using instances = await openInstances(async () => 'done', {
        offsetsMs: [0, 0, 0],
        job: { onLeader: true },
      });
      for (const { leader } of instances.all) leader.start();
      const leads = () => instances.all.findIndex(({ leader }) => leader.term());
      await oneLeads(instances);
      const before = leads();
      instances.start();
      await instances.ended(2);
      expect(new Set(instances.begun.map(({ instance }) => instance))).toEqual(new Set([`app-${before + 1}`]));
      const stopped = instances.all[before]?.leader.stop();
      await instances.time.while('the leader has stopped', Promise.resolve(stopped));
      await instances.ended(5);
      await instances.stop();
      expect(leads()).not.toBe(before);
      expect(instances.begun.at(-1)?.instance).toBe(`app-${leads() + 1}`);
      expect(await faultsOf(instances)).toEqual({ twice: [], missed: [] });
    });

    test('is aborted and recorded as lost when leadership is lost', async () => {
      await using instances = await openInstances(untilAborted, { job: { onLeader: true } });
      instances.first.leader.start();
      instances.start();
      await instances.hasBegun(1);
      await instances.time.while('the leader has stopped', instances.first.leader.stop());
      expect(await instances.ended(1)).toMatchObject([
        { outcome: 'lost', detail: 'the instance was no longer the leader' },
      ]);
    });

    test('cannot be run manually on another instance', async () => {
      await using instance = await openJobsInstance({ jobs: [testJob(async () => '', { name: 'a', onLeader: true })] });
      expect(await instance.scheduler.runNow('a')).toEqual({ outcome: 'not-now', reason: 'not-leader' });
    });
  });
});

const oneLeads = ({ time, all }: JobInstances) =>
  time.until('an instance leads', () => all.some(({ leader }) => leader.term()));
