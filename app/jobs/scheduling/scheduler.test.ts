import { describe, expect, test } from 'vitest';
import { pause } from '../../pause.ts';
import type { Runtime } from '../../redis-lock/index.ts';
import { epochMs } from '../../redis-lock/simulation/simulated-process.ts';
import { type Fleet, faultsOf, openFleet, said, untilAborted } from '../../testing/job-instances.ts';
import { openJobsInstance, testJob } from '../../testing/jobs.ts';
import type { JobContext } from '../job.ts';

// All of them mostly wait for the servers: they do it at the same time.
describe.concurrent('the scheduler:', () => {
  describe('every tick is run once: none twice, none missed,', () => {
    test.each([
      { clocks: 'that agree', offsetsMs: [0, 0, 0] },
      { clocks: '2 s behind and ahead', offsetsMs: [-2000, 0, 2000] },
      { clocks: 'that are nearly right', offsetsMs: [-130, 0, 370] },
    ])('by instances with clocks $clocks', async ({ offsetsMs }) => {
      const work = async (_context: JobContext, runtime: Runtime) => {
        await pause(runtime, 200 * runtime.random());
        return 'done';
      };
      await using fleet = await openFleet(work, { offsetsMs });
      fleet.start();
      await fleet.time.pass(11_500);
      await fleet.stop();
      expect(await faultsOf(fleet)).toEqual({ twice: [], missed: [] });
      expect(fleet.begun.length).toBeGreaterThanOrEqual(11);
      const runs = (await fleet.recorded()).map(({ scheduledAt, outcome }) => [
        scheduledAt.getTime(),
        outcome !== null,
      ]);
      expect(runs).toEqual(fleet.begun.map(({ tick }) => [tick, true]).sort());
    });

    test('with the locks on a majority of five Redis servers', async () => {
      await using fleet = await openFleet(async () => 'done', { offsetsMs: [0, 0, 300], instance: { redlock: true } });
      for (const { leader } of fleet.instances) leader.start();
      fleet.start();
      await fleet.ended(5);
      await fleet.stop();
      expect(await faultsOf(fleet)).toEqual({ twice: [], missed: [] });
      expect(fleet.instances.filter(({ leader }) => leader.term())).toHaveLength(1);
    });

    test('where one instance comes and goes whose clock is 2 s ahead', async () => {
      await using fleet = await openFleet(async () => 'done', { offsetsMs: [2000, 0, -2000] });
      const [ahead, ...others] = fleet.instances;
      for (const { scheduler } of others) scheduler.start();
      await fleet.time.pass(2300);
      ahead?.scheduler.start();
      await fleet.time.pass(3000);
      await fleet.time.while('it has gone', Promise.resolve(ahead?.scheduler.stop()));
      await fleet.time.pass(4000); // until the last tick that it has run is behind the others
      await fleet.stop();
      expect(await faultsOf(fleet)).toEqual({ twice: [], missed: [] });
      expect(new Set(fleet.begun.map(({ instance }) => instance))).toContain('app-1');
      expect(fleet.begun.length).toBeGreaterThanOrEqual(6);
    });
  });

  describe('the lock', () => {
    test('is kept for at-least-for: an instance whose clock is behind finds it held, and skips the run', async () => {
      const almostNewYear = Date.UTC(2027, 0, 1) - 500 - epochMs;
      const job = { schedule: '0 0 1 1 *', atLeastForMs: 4000 }; // one tick, and no other for a year
      const offsetsMs = [almostNewYear, almostNewYear - 1000];
      await using fleet = await openFleet(async () => 'at once', { offsetsMs, job });
      const [first, behind] = fleet.instances;
      fleet.start();
      await fleet.ended(1);
      expect(await fleet.isLocked()).toBe(true);
      const skips = () => said(behind, /^Failed to acquire job lock, skipping this run$/);
      await fleet.time.until('the other has skipped it', () => skips().length > 0);
      expect(await fleet.isLocked()).toBe(true);
      expect(said(behind, /^Acquired/)).toEqual([]);
      const releases = () => said(first, /^Released job lock$/);
      await fleet.time.until('the first has released the lock', () => releases().length > 0);
      expect(fleet.time.now - (fleet.begun[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(3999);
      expect([skips().length, releases().length]).toEqual([1, 1]);
      expect(fleet.begun).toHaveLength(1);
    });

    test('is not kept beyond the next tick, however long at-least-for is', async () => {
      const job = { atLeastForMs: 60_000 };
      await using fleet = await openFleet(async () => 'at once', { offsetsMs: [0, 0], job });
      const [byHand, other] = fleet.instances;
      expect(await byHand?.scheduler.runNow(fleet.job.name)).toMatchObject({ outcome: 'begun' }); // it has no tick to come
      other?.scheduler.start();
      await fleet.hasBegun(4);
      expect(fleet.time.now).toBeLessThan(60_000); // of virtual time
      await fleet.stop();
      expect(new Set(fleet.begun.map(({ tick }) => tick)).size).toBe(fleet.begun.length);
    });

    test('is said to be acquired and released with the job, the tick and the token', async () => {
      await using fleet = await openFleet(async () => 'done');
      fleet.start();
      const [run] = await fleet.ended(1);
      await fleet.stop();
      const fields = { job: fleet.job.name, tick: run?.scheduledAt.toISOString(), token: run?.token };
      expect(fleet.first.lines).toContainEqual(expect.objectContaining({ msg: 'Acquired job lock', ...fields }));
      expect(fleet.first.lines).toContainEqual(expect.objectContaining({ msg: 'Released job lock', ...fields }));
    });

    test('of an instance that died before it could record anything holds the tick up until its TTL, and no longer', async () => {
      await using fleet = await openFleet(async () => 'done', { offsetsMs: [0, 0] });
      await fleet.first.redis.set(`JOB_${fleet.job.name}`, 'a dead one', 'PX', 60_000);
      fleet.start();
      await fleet.time.pass(10_000);
      expect(fleet.begun).toEqual([]);
      await fleet.loseLock();
      await fleet.hasBegun(1);
      expect(fleet.time.now).toBeLessThan(10_500); // of virtual time
      expect(fleet.begun[0]?.tick).toBe(epochMs + 1000); // the first tick of all: it was waited for
      await fleet.ended(4);
      await fleet.stop();
      expect(await faultsOf(fleet)).toEqual({ twice: [], missed: [] });
    });

    test('with a token that the database has seen greater ones than is asked for again, with one that is greater', async () => {
      await using fleet = await openFleet(async () => 'done');
      const token = BigInt(Date.now()) * 1000n + 3_600_000_000n; // Redis’s clock was set back by an hour, and it lost all
      const scheduledAt = new Date(epochMs - 60_000);
      await fleet.first.runs.claim({ job: fleet.job.name, scheduledAt, token, schedule: 'x', byHand: false });
      fleet.start();
      await fleet.hasBegun(1);
      expect(fleet.begun[0]?.token).toBeGreaterThan(token);
    });
  });

  describe('a clock', () => {
    test.each([
      { put: 'forward by an hour', byMs: 3_600_000 },
      { put: 'back by an hour', byMs: -3_600_000 },
    ])('that is put $put has the job go on by it at once', async ({ byMs }) => {
      await using fleet = await openFleet(async () => 'done');
      const { process, scheduler } = fleet.first;
      fleet.start();
      await fleet.ended(2);
      const before = fleet.begun.length;
      process.jump(byMs);
      await fleet.hasBegun(before + 3);
      const jumpMs = (fleet.begun[before]?.tick ?? 0) - (fleet.begun[before - 1]?.tick ?? 0);
      // What can still be begun, is: so the first one after it may be that old.
      expect(jumpMs).toBeGreaterThan(byMs - (scheduler.jobs[0]?.startWithinMs ?? 0));
      expect(jumpMs).toBeLessThanOrEqual(byMs + 1000);
      expect((await faultsOf(fleet)).twice).toEqual([]);
    });
  });

  describe('a run by hand', () => {
    test('runs at once and at no tick, and one at a time', async () => {
      await using fleet = await openFleet(untilAborted, { offsetsMs: [0, 0], job: { schedule: '0 0 1 1 *' } });
      const [first, second] = fleet.instances;
      const asked = await first?.scheduler.runNow(fleet.job.name);
      expect(asked).toMatchObject({ outcome: 'begun' });
      expect(await second?.scheduler.runNow(fleet.job.name)).toMatchObject({ outcome: 'not-now', reason: 'held' });
      expect(await first?.scheduler.runNow(fleet.job.name)).toMatchObject({ outcome: 'not-now', reason: 'held' });
      await fleet.stop();
      expect(await fleet.recorded()).toMatchObject([{ byHand: true, outcome: 'killed' }]);
      expect(await first?.scheduler.runNow('another')).toBeUndefined();
    });
  });

  describe('a job of the leader', () => {
    test('runs on the leader only, and on the next one as soon as there is one; no tick is missed', async () => {
      await using fleet = await openFleet(async () => 'done', { offsetsMs: [0, 0, 0], job: { onLeader: true } });
      for (const { leader } of fleet.instances) leader.start();
      const leads = () => fleet.instances.findIndex(({ leader }) => leader.term());
      await oneLeads(fleet);
      const before = leads();
      fleet.start();
      await fleet.ended(2);
      expect(new Set(fleet.begun.map(({ instance }) => instance))).toEqual(new Set([`app-${before + 1}`]));
      const stopped = fleet.instances[before]?.leader.stop();
      await fleet.time.while('the leader has stopped', Promise.resolve(stopped));
      await fleet.ended(5);
      await fleet.stop();
      expect(leads()).not.toBe(before);
      expect(fleet.begun.at(-1)?.instance).toBe(`app-${leads() + 1}`);
      expect(await faultsOf(fleet)).toEqual({ twice: [], missed: [] });
    });

    test('is broken off and recorded as lost when the lead is', async () => {
      await using fleet = await openFleet(untilAborted, { job: { onLeader: true } });
      fleet.first.leader.start();
      fleet.start();
      await fleet.hasBegun(1);
      await fleet.time.while('the leader has stopped', fleet.first.leader.stop());
      expect(await fleet.ended(1)).toMatchObject([
        { outcome: 'lost', detail: 'this instance was not the leader any more' },
      ]);
    });

    test('is not run by hand on another', async () => {
      await using instance = await openJobsInstance({ jobs: [testJob(async () => '', { name: 'a', onLeader: true })] });
      expect(await instance.scheduler.runNow('a')).toEqual({ outcome: 'not-now', reason: 'not-leader' });
    });
  });
});

const oneLeads = ({ time, instances }: Fleet) =>
  time.until('an instance leads', () => instances.some(({ leader }) => leader.term()));
