import { describe, expect, test } from 'vitest';
import type { Statements } from '../../database/statements.ts';
import { pause } from '../../pause.ts';
import type { Runtime } from '../../redis-lock/index.ts';
import { epochMs } from '../../redis-lock/simulation/simulated-process.ts';
import { faultsOf, openFleet, said, untilAborted } from '../../testing/job-instances.ts';
import { testJob } from '../../testing/jobs.ts';
import type { JobContext } from '../job.ts';
import { createScheduler } from '../scheduling/scheduler.ts';

/** What a job may throw, and the detail of its run. */
const thrown: readonly [what: string, value: unknown, detail: unknown][] = [
  ['undefined', undefined, 'undefined'],
  ['a symbol', Symbol('odd'), 'Symbol(odd)'],
  ['an object without a prototype', Object.create(null), expect.stringMatching(/object/)],
  ['a revoked proxy', revokedProxy(), expect.stringMatching(/object/)],
  ['an error with an unreadable message', unreadable('message'), expect.stringMatching(/object/)],
  ['an error with an unreadable code', unreadable('code'), 'readable'],
  ['a frozen error', Object.freeze(new Error('frozen')), 'frozen'],
];

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function unreadable(property: string): Error {
  const get = () => {
    throw new Error('not to be read');
  };
  return Object.defineProperty(new Error('readable'), property, { get, enumerable: true });
}

/** A database that is away, or answers late, when a statement of that kind comes. */
function inTheWay(of: RegExp, happens: () => Promise<void>): (statements: Statements) => Statements {
  return (statements) => ({
    ...statements,
    async change(sql, values) {
      if (of.test(sql)) await happens();
      return statements.change(sql, values);
    },
  });
}
const unreachable = () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));

// All of them mostly wait for the servers: they do it at the same time.
describe.concurrent('a run:', () => {
  describe('a job', () => {
    test('that crashes is logged and recorded as failed, and the next tick is run', async () => {
      let runs = 0;
      await using fleet = await openFleet(() => {
        if (++runs === 1) throw new TypeError('not even a promise');
        if (runs === 2) return Promise.reject(new Error('later'));
        return Promise.resolve('fine');
      });
      fleet.start();
      expect((await fleet.ended(3)).slice(0, 3)).toMatchObject([
        { outcome: 'failed', detail: 'not even a promise' },
        { outcome: 'failed', detail: 'later' },
        { outcome: 'succeeded', detail: 'fine' },
      ]);
      expect(said(fleet.first, /^The job has not succeeded$/)[0]).toMatchObject({ err: { type: 'TypeError' } });
    });

    test.each(thrown)('that throws %s fails, and releases its lock', async (_what, value, detail) => {
      const job = { schedule: '0 0 1 1 *' };
      await using fleet = await openFleet(() => Promise.reject(value), { job });
      await fleet.first.scheduler.runNow(fleet.job.name);
      expect(await fleet.ended(1)).toMatchObject([{ outcome: 'failed', detail }]);
      await fleet.time.until('the lock is free', async () => !(await fleet.isLocked()));
      expect(said(fleet.first, /^The job has not succeeded$/)).toHaveLength(1);
    });

    test('that takes longer than its interval leaves out the ticks in between, and begins in time again', async () => {
      const work = async (_context: JobContext, runtime: Runtime) => {
        await pause(runtime, 1300);
        return 'long';
      };
      await using fleet = await openFleet(work, { offsetsMs: [0, 0] });
      fleet.start();
      const runs = await fleet.ended(4);
      for (const [index, { scheduledAt, startedAt, endedAt }] of runs.entries()) {
        const next = runs[index + 1];
        const tookMs = (endedAt?.getTime() ?? 0) - startedAt.getTime();
        // The first tick that comes due once it would be over, had it begun in time: neither sooner nor later.
        if (next) expect(next.scheduledAt.getTime() - scheduledAt.getTime()).toBe(1000 * Math.ceil(tookMs / 1000));
      }
      const tooLong = fleet.instances.map((instance) => said(instance, /took too long, skipping this run/).length);
      expect(Math.min(...tooLong)).toBeGreaterThan(0);
    });

    test('whose lease is lost hears it by its signal, and is recorded as lost, whatever it comes to', async () => {
      await using fleet = await openFleet(async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        return 'as if nothing had happened';
      });
      fleet.start();
      await fleet.hasBegun(1);
      await fleet.loseLock(); // as a Redis does that restarts empty
      const [run] = await fleet.ended(1);
      expect(run).toMatchObject({ outcome: 'lost', detail: 'the lease on the lock ran out or was lost' });
    });

    test('that does not heed its signal holds up nobody, and it is said of it', async () => {
      await using fleet = await openFleet(() => new Promise(() => {}), { instance: { graceMs: 200 } });
      fleet.start();
      await fleet.hasBegun(1);
      await fleet.loseLock();
      const [run] = await fleet.ended(1);
      expect(run?.detail).toBe('the lease on the lock ran out or was lost, and the job went on all the same');
      await fleet.hasBegun(2);
    });

    test('cannot have a name that is no part of a path, nor one that another has, nor a schedule that is none', () => {
      const create = (...jobs: ReturnType<typeof testJob>[]) =>
        createScheduler({ jobs } as unknown as Parameters<typeof createScheduler>[0]);
      const named = (name: string, schedule = '* * * * *') => testJob(async () => '', { name, schedule });
      expect(() => create(named('A/b'))).toThrow(/name must be a-z, 0-9 and "-"; it is "A\/b"/);
      expect(() => create(named('a'), named('a'))).toThrow(/two jobs have the same name/);
      expect(() => create(named('a', 'often'))).toThrow(/the schedule of the job a must be a cron expression/);
    });
  });

  describe('when the instance stops,', () => {
    test('what runs is broken off and recorded, and its lock is free at once, whatever at-least-for says', async () => {
      await using fleet = await openFleet(untilAborted, { job: { atLeastForMs: 60_000 } });
      fleet.start();
      await fleet.hasBegun(1);
      const stoppedAt = fleet.time.now;
      await fleet.stop();
      expect(fleet.time.now).toBe(stoppedAt);
      expect(await fleet.recorded()).toMatchObject([{ outcome: 'killed', detail: 'the instance was stopped' }]);
      expect(await fleet.isLocked()).toBe(false);
    });

    test('a lock that is kept for at-least-for is free at once', async () => {
      const job = { schedule: '0 0 1 1 *', atLeastForMs: 60_000 };
      await using fleet = await openFleet(async () => 'done', { job });
      await fleet.first.scheduler.runNow(fleet.job.name);
      await fleet.ended(1);
      expect(await fleet.isLocked()).toBe(true);
      await fleet.stop();
      expect(await fleet.isLocked()).toBe(false);
      expect(said(fleet.first, /^Released job lock$/)).toHaveLength(1);
    });

    test('a job that does not heed its signal is given up after the grace', async () => {
      await using fleet = await openFleet(() => new Promise(() => {}), { instance: { graceMs: 300 } });
      fleet.start();
      await fleet.hasBegun(1);
      const stoppedAt = fleet.time.now;
      await fleet.stop();
      expect(fleet.time.now - stoppedAt).toBeGreaterThanOrEqual(300);
      const detail = 'the instance was stopped, and the job went on all the same';
      expect(await fleet.recorded()).toMatchObject([{ outcome: 'killed', detail }]);
      expect(await fleet.isLocked()).toBe(false);
    });
  });

  describe('while the database is away', () => {
    test('nothing is begun that cannot be recorded; once it is back, the tick is begun, and none is missed', async () => {
      let away = true;
      const wrapStatements = inTheWay(/^INSERT INTO job_runs/, () => (away ? unreachable() : Promise.resolve()));
      await using fleet = await openFleet(async () => 'done', { offsetsMs: [0, 0], instance: { wrapStatements } });
      fleet.start();
      await fleet.time.pass(3500);
      expect(said(fleet.first, /^The job cannot be begun now$/)).not.toEqual([]);
      expect(fleet.begun).toEqual([]);
      away = false;
      await fleet.ended(3);
      await fleet.stop();
      expect(fleet.begun[0]?.tick).toBe(epochMs + 1000);
      expect(await faultsOf(fleet)).toEqual({ twice: [], missed: [] });
    });

    test('an end is recorded once it is back, and the lock is held until then', async () => {
      let away = true;
      const wrapStatements = inTheWay(/^UPDATE job_runs run/, () => (away ? unreachable() : Promise.resolve()));
      const job = { ttlMs: 10_000 };
      await using fleet = await openFleet(async () => 'done', { job, instance: { wrapStatements } });
      fleet.start();
      await fleet.hasBegun(1);
      await fleet.time.pass(12_000); // longer than the TTL
      expect(await fleet.recorded()).toMatchObject([{ outcome: null }]);
      expect(await fleet.isLocked()).toBe(true);
      away = false;
      const [run] = await fleet.ended(1);
      expect(run).toMatchObject({ outcome: 'succeeded', detail: 'done' });
      expect(run?.endedAt).toEqual(run?.startedAt); // when the work did
    });
  });

  test('a zombie, paused after its last look at the lease, cannot record its success over its successor’s record', async () => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const zombie = { wrapStatements: inTheWay(/^UPDATE job_runs run/, () => held) };
    const instanceOf = (index: number) => (index === 0 ? zombie : {});
    await using fleet = await openFleet(async () => 'done', { offsetsMs: [0, 0], instanceOf });
    fleet.first.scheduler.start();
    await fleet.hasBegun(1);
    await fleet.loseLock(); // as when its TTL is over
    fleet.instances[1]?.scheduler.start();
    await fleet.ended(2); // the successor’s run, and its mark
    letGo();
    const superseded = () => said(fleet.first, /a later run has begun, or has marked this one/).length;
    await fleet.time.until('the zombie has found that out', superseded);
    expect(superseded()).toBe(1);
    expect((await fleet.recorded())[0]).toMatchObject({ instance: 'app-1', outcome: 'killed' });
  });

  test('an instance that is paused between the row and the work does not begin what its successor may be at', async () => {
    const pausing = (statements: Statements): Statements => ({
      ...statements,
      change(sql, values) {
        // The answer is the first that it hears of when it wakes up: no timer has fired yet, and so no signal has told it
        // of the end of its lease.
        if (sql.startsWith('INSERT INTO job_runs')) {
          fleet.first.process.pause();
          fleet.time.after(fleet.job.ttlMs, () => fleet.first.process.resume());
        }
        return statements.change(sql, values);
      },
    });
    await using fleet = await openFleet(async () => 'done', { instance: { wrapStatements: pausing } });
    fleet.start();
    const [run] = await fleet.ended(1);
    await fleet.stop();
    const detail = 'the lease on the lock ran out or was lost before the work began';
    expect(run).toMatchObject({ outcome: 'lost', detail });
    expect(fleet.begun).toEqual([]);
  });
});
