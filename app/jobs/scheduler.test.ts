import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { faultsOf, openFleet, said, soon, untilAborted } from '../testing/fleet.ts';
import { openJobsInstance, testJob } from '../testing/jobs.ts';

// All of them mostly wait for the next second: they do it at the same time.
describe.concurrent('the scheduler:', () => {
  describe('every tick is run once: none twice, none missed,', () => {
    test.each([
      { clocks: 'that agree', offsetsMs: [0, 0, 0] },
      { clocks: '2 s behind and ahead', offsetsMs: [-2000, 0, 2000] },
      { clocks: 'that are nearly right', offsetsMs: [-130, 0, 370] },
    ])('by instances with clocks $clocks', async ({ offsetsMs }) => {
      const work = async () => {
        await sleep(200 * Math.random());
        return 'done';
      };
      await using fleet = await openFleet(work, { offsetsMs });
      fleet.start();
      await sleep(11_000);
      await fleet.stop();
      expect(await faultsOf(fleet)).toEqual({ twice: [], missed: [] });
      expect(fleet.begun.length).toBeGreaterThanOrEqual(7);
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
      await sleep(2300);
      ahead?.scheduler.start();
      await sleep(3000);
      await ahead?.scheduler.stop();
      await sleep(4000); // until the last tick that it has run is behind the others
      await Promise.all(others.map(({ scheduler }) => scheduler.stop()));
      expect(await faultsOf(fleet)).toEqual({ twice: [], missed: [] });
      expect(new Set(fleet.begun.map(({ instance }) => instance))).toContain('app-1');
      expect(fleet.begun.length).toBeGreaterThanOrEqual(6);
    });
  });

  describe('the lock', () => {
    test('is kept for at-least-for: an instance whose clock is behind finds it held, and skips the run', async () => {
      const newYear = Date.UTC(2027, 0, 1);
      let startedAt: number | undefined;
      const clock = () => newYear - 500 + (startedAt === undefined ? 0 : Date.now() - startedAt);
      const job = { schedule: '0 0 1 1 *', atLeastForMs: 4000 }; // one tick, and no other for a year
      const instanceOf = (index: number) => ({ clock: () => clock() - 1000 * index });
      await using fleet = await openFleet(async () => 'at once', { offsetsMs: [0, 0], job, instanceOf });
      const [first, behind] = fleet.instances;
      startedAt = Date.now();
      fleet.start();
      await fleet.ended(1);
      expect(await fleet.isLocked()).toBe(true);
      await vi.waitFor(
        () => expect(said(behind, /^Failed to acquire job lock, skipping this run$/)).toHaveLength(1),
        soon,
      );
      expect(said(behind, /^Acquired/)).toEqual([]);
      await vi.waitFor(() => expect(said(first, /^Released job lock$/)).toHaveLength(1), soon);
      const [acquired, released] = [/^Acquired/, /^Released/].map((what) => Number(said(first, what)[0]?.time));
      expect((released ?? 0) - (acquired ?? 0)).toBeGreaterThanOrEqual(3990);
      expect(fleet.begun).toHaveLength(1);
    });

    test('is not kept beyond the next tick, however long at-least-for is', async () => {
      const job = { atLeastForMs: 60_000, ttlMs: 60_000 };
      await using fleet = await openFleet(async () => 'at once', { offsetsMs: [0, 0], job });
      const [byHand, other] = fleet.instances;
      expect(await byHand?.scheduler.runNow(fleet.job.name)).toMatchObject({ outcome: 'begun' }); // it has no tick to come
      other?.scheduler.start();
      await vi.waitFor(() => expect(fleet.begun.length).toBeGreaterThan(3), soon);
      await other?.scheduler.stop();
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
      const diedAt = Date.now();
      await fleet.first.redis.set(`JOB_${fleet.job.name}`, 'a dead one', 'PX', 2500);
      const startedAt = Date.now();
      fleet.start();
      const [run] = await fleet.ended(1);
      expect((run?.startedAt.getTime() ?? 0) - diedAt).toBeGreaterThanOrEqual(2400);
      expect((run?.startedAt.getTime() ?? 0) - diedAt).toBeLessThan(6000);
      expect(run?.scheduledAt.getTime()).toBeLessThanOrEqual(startedAt + 1000); // the first tick of all: it was waited for
      await fleet.ended(4);
      await fleet.stop();
      expect(await faultsOf(fleet)).toEqual({ twice: [], missed: [] });
    });

    test('with a token that the database has seen greater ones than is asked for again, with one that is greater', async () => {
      await using fleet = await openFleet(async () => 'done');
      const token = BigInt(Date.now()) * 1000n + 3_600_000_000n; // Redis’s clock was set back by an hour, and it lost all
      const scheduledAt = new Date(Date.now() - 60_000);
      await fleet.first.runs.claim({ job: fleet.job.name, scheduledAt, token, schedule: 'x', byHand: false });
      fleet.start();
      await vi.waitFor(() => expect(fleet.begun).toHaveLength(1), soon);
      expect(fleet.begun[0]?.token).toBeGreaterThan(token);
    });
  });

  describe('a clock', () => {
    test.each([
      { put: 'forward by an hour', byMs: 3_600_000 },
      { put: 'back by an hour', byMs: -3_600_000 },
    ])('that is put $put has the job go on by it at once', async ({ byMs }) => {
      let offsetMs = 0;
      const clock = () => Date.now() + offsetMs;
      await using fleet = await openFleet(async () => 'done', { instance: { clock } });
      fleet.start();
      await fleet.ended(2);
      const before = fleet.begun.length;
      offsetMs = byMs;
      // What can still be begun, is: so the first ones after it may be some seconds old.
      await vi.waitFor(() => expect(fleet.begun.length).toBeGreaterThan(before + 2), soon);
      const jumpMs = (fleet.begun.at(-1)?.tick ?? 0) - (fleet.begun[before - 1]?.tick ?? 0);
      expect(Math.abs(jumpMs - byMs)).toBeLessThan(20_000);
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
      await vi.waitFor(() => expect(leads()).not.toBe(-1), soon);
      const before = leads();
      fleet.start();
      await fleet.ended(2);
      expect(new Set(fleet.begun.map(({ instance }) => instance))).toEqual(new Set([`app-${before + 1}`]));
      await fleet.instances[before]?.leader.stop();
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
      await vi.waitFor(() => expect(fleet.begun).toHaveLength(1), { timeout: 5000 });
      await fleet.first.leader.stop();
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
