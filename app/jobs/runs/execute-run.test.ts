import { describe, expect, test } from 'vitest';
import type { Statements } from '../../database/statements.ts';
import { pause } from '../../pause.ts';
import type { Runtime } from '../../redis-lock/index.ts';
import { epochMs } from '../../redis-lock/simulation/world/simulated-process.ts';
import { interceptStatements } from '../../testing/intercept-statements.ts';
import { faultsOf, logged, openInstances, untilAborted } from '../../testing/job-instances.ts';
import { testJob } from '../../testing/jobs.ts';
import { withResolvers } from '../../testing/with-resolvers.ts';
import type { JobContext } from '../job.ts';
import { createScheduler } from '../scheduling/scheduler.ts';

/** Values that a job may throw, and the run's detail. */
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

/** A database in which `happens` runs before statements that match. */
const inTheWay = (of: RegExp, happens: () => Promise<void>) => (statements: Statements) =>
  interceptStatements(statements, of, async (run) => {
    await happens();
    return run();
  });
const unreachable = () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));

// Concurrent: these tests mostly wait for the servers.
describe.concurrent('a run:', () => {
  test('begins once the database is back, if the answer to its claim was lost', async () => {
    let tries = 0;
    const wrapStatements = (statements: Statements) =>
      interceptStatements(statements, /^INSERT INTO job_runs/, async (run) => {
        tries += 1;
        if (tries === 1) await run();
        return tries <= 4 ? unreachable() : run();
      });
    await using instances = await openInstances(async () => 'done', { instance: { wrapStatements } });
    instances.start();
    const [first] = await instances.ended(3);
    await instances.stop();
    expect(first).toMatchObject({ outcome: 'succeeded', scheduledAt: new Date(epochMs + 1000) });
    expect(await faultsOf(instances)).toEqual({ twice: [], missed: [] });
  });

  describe('a job', () => {
    test('that crashes is logged and recorded as failed, and runs again', async () => {
      let runs = 0;
      await using instances = await openInstances(() => {
        if (++runs === 1) throw new TypeError('not even a promise');
        if (runs === 2) return Promise.reject(new Error('later'));
        return Promise.resolve('fine');
      });
      instances.start();
      expect((await instances.ended(3)).slice(0, 3)).toMatchObject([
        { outcome: 'failed', detail: 'not even a promise' },
        { outcome: 'failed', detail: 'later' },
        { outcome: 'succeeded', detail: 'fine' },
      ]);
      expect(logged(instances.first, /^Job did not succeed$/)[0]).toMatchObject({ err: { type: 'TypeError' } });
    });

    test.each(thrown)('that throws %s fails, and releases its lock', async (_what, value, detail) => {
      const job = { schedule: '0 0 1 1 *' };
      await using instances = await openInstances(() => Promise.reject(value), { job });
      await instances.first.scheduler.runNow(instances.job.name);
      expect(await instances.ended(1)).toMatchObject([{ outcome: 'failed', detail }]);
      await instances.time.until('the lock is free', async () => !(await instances.isLocked()));
      expect(logged(instances.first, /^Job did not succeed$/)).toHaveLength(1);
    });

    test('that takes longer than its interval skips the overlapped ticks', async () => {
      const work = async (_context: JobContext, runtime: Runtime) => {
        await pause(runtime, 1300);
        return 'long';
      };
      await using instances = await openInstances(work, { offsetsMs: [0, 0] });
      instances.start();
      const runs = await instances.ended(4);
      for (const [index, { scheduledAt, startedAt, endedAt }] of runs.entries()) {
        const next = runs[index + 1];
        const tookMs = (endedAt?.getTime() ?? 0) - startedAt.getTime();
        // The first tick after the run would have ended had it begun on time.
        if (next) expect(next.scheduledAt.getTime() - scheduledAt.getTime()).toBe(1000 * Math.ceil(tookMs / 1000));
      }
      const tooLong = instances.all.map((instance) => logged(instance, /took too long, skipping this run/).length);
      expect(Math.min(...tooLong)).toBeGreaterThan(0);
    });

    test('whose lease is lost gets its signal, and is recorded as lost', async () => {
      await using instances = await openInstances(async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        return 'as if nothing had happened';
      });
      instances.start();
      await instances.hasBegun(1);
      await instances.loseLock(); // as when Redis restarts empty
      const [run] = await instances.ended(1);
      expect(run).toMatchObject({ outcome: 'lost', detail: 'the lease expired or was lost' });
    });

    test('that ignores its signal is abandoned, and recorded as such', async () => {
      await using instances = await openInstances(() => new Promise(() => {}), { instance: { graceMs: 200 } });
      instances.start();
      await instances.hasBegun(1);
      await instances.loseLock();
      const [run] = await instances.ended(1);
      expect(run?.detail).toBe('the lease expired or was lost, and the job did not stop');
      await instances.hasBegun(2);
    });

    test('rejects an invalid or duplicate name and an invalid schedule', () => {
      const create = (...jobs: ReturnType<typeof testJob>[]) =>
        createScheduler({ jobs } as unknown as Parameters<typeof createScheduler>[0]);
      const named = (name: string, schedule = '* * * * *') => testJob(async () => '', { name, schedule });
      expect(() => create(named('A/b'))).toThrow(/name must be a-z, 0-9 and "-"; it is "A\/b"/);
      expect(() => create(named('a'), named('a'))).toThrow(/two jobs have the same name/);
      expect(() => create(named('a', 'often'))).toThrow(/the schedule of the job a must be a cron expression/);
    });
  });

  describe('when the instance stops', () => {
    test('aborts and records its runs, and releases their locks at once', async () => {
      await using instances = await openInstances(untilAborted, { job: { atLeastForMs: 60_000 } });
      instances.start();
      await instances.hasBegun(1);
      const stoppedAt = instances.time.now;
      await instances.stop();
      expect(instances.time.now).toBe(stoppedAt);
      expect(await instances.recorded()).toMatchObject([{ outcome: 'killed', detail: 'the instance was stopped' }]);
      expect(await instances.isLocked()).toBe(false);
    });

    test('releases a lock held for at-least-for', async () => {
      const job = { schedule: '0 0 1 1 *', atLeastForMs: 60_000 };
      await using instances = await openInstances(async () => 'done', { job });
      await instances.first.scheduler.runNow(instances.job.name);
      await instances.ended(1);
      expect(await instances.isLocked()).toBe(true);
      await instances.stop();
      expect(await instances.isLocked()).toBe(false);
      expect(logged(instances.first, /^Released job lock$/)).toHaveLength(1);
    });

    test('abandons a job that ignores its signal after the grace period', async () => {
      await using instances = await openInstances(() => new Promise(() => {}), { instance: { graceMs: 300 } });
      instances.start();
      await instances.hasBegun(1);
      const stoppedAt = instances.time.now;
      await instances.stop();
      expect(instances.time.now - stoppedAt).toBeGreaterThanOrEqual(300);
      const detail = 'the instance was stopped, and the job did not stop';
      expect(await instances.recorded()).toMatchObject([{ outcome: 'killed', detail }]);
      expect(await instances.isLocked()).toBe(false);
    });
  });

  describe('while the database is down', () => {
    test('begins no run, and misses no tick once it is back', async () => {
      let away = true;
      const wrapStatements = inTheWay(/^INSERT INTO job_runs/, () => (away ? unreachable() : Promise.resolve()));
      await using instances = await openInstances(async () => 'done', {
        offsetsMs: [0, 0],
        instance: { wrapStatements },
      });
      instances.start();
      await instances.time.pass(3500);
      expect(logged(instances.first, /^Cannot begin the job, retrying$/)).not.toEqual([]);
      expect(instances.begun).toEqual([]);
      away = false;
      await instances.ended(3);
      await instances.stop();
      expect(instances.begun[0]?.tick).toBe(epochMs + 1000);
      expect(await faultsOf(instances)).toEqual({ twice: [], missed: [] });
    });

    test('begins the run whose record was stored without an answer', async () => {
      let inserts = 0;
      const wrapStatements = (statements: Statements) =>
        interceptStatements(statements, /^INSERT INTO job_runs/, async (run) => {
          const result = await run();
          if (++inserts === 1) await unreachable();
          return result;
        });
      await using instances = await openInstances(async () => 'done', { instance: { wrapStatements } });
      instances.start();
      await instances.ended(2);
      await instances.stop();
      expect((await instances.recorded()).map(({ outcome }) => outcome)).not.toContain('killed');
      expect(await faultsOf(instances)).toEqual({ twice: [], missed: [] });
    });

    test('records an end once it is back, and holds the lock until then', async () => {
      let away = true;
      const wrapStatements = inTheWay(/^UPDATE job_runs run/, () => (away ? unreachable() : Promise.resolve()));
      const job = { ttlMs: 10_000 };
      await using instances = await openInstances(async () => 'done', { job, instance: { wrapStatements } });
      instances.start();
      await instances.hasBegun(1);
      await instances.time.pass(12_000); // longer than the TTL
      expect(await instances.recorded()).toMatchObject([{ outcome: null }]);
      expect(await instances.isLocked()).toBe(true);
      away = false;
      const [run] = await instances.ended(1);
      expect(run).toMatchObject({ outcome: 'succeeded', detail: 'done' });
      expect(run?.endedAt).toEqual(run?.startedAt); // the end of the work
    });
  });

  test('a zombie cannot record success over its successor’s record', async () => {
    const { promise: held, resolve: release } = withResolvers();
    const zombie = { wrapStatements: inTheWay(/^UPDATE job_runs run/, () => held) };
    const instanceOf = (index: number) => (index === 0 ? zombie : {});
    await using instances = await openInstances(async () => 'done', { offsetsMs: [0, 0], instanceOf });
    instances.first.scheduler.start();
    await instances.hasBegun(1);
    await instances.loseLock(); // as after its TTL
    instances.all[1]?.scheduler.start();
    await instances.ended(2); // the successor’s run, and the mark
    release();
    const superseded = () => logged(instances.first, /superseded by a later run/).length;
    await instances.time.until('the zombie has found that out', superseded);
    expect(superseded()).toBe(1);
    expect((await instances.recorded())[0]).toMatchObject({ instance: 'app-1', outcome: 'killed' });
  });

  test('an instance paused between row and work does not begin the work', async () => {
    // The answer arrives before any timer fires, so that no signal has reported the end of the lease yet.
    const wrapStatements = inTheWay(/^INSERT INTO job_runs/, async () => {
      instances.first.process.pause();
      instances.time.after(instances.job.ttlMs, () => instances.first.process.resume());
    });
    await using instances = await openInstances(async () => 'done', { instance: { wrapStatements } });
    instances.start();
    const [run] = await instances.ended(1);
    await instances.stop();
    const detail = 'the lease expired or was lost before the work began';
    expect(run).toMatchObject({ outcome: 'lost', detail });
    expect(instances.begun).toEqual([]);
  });
});
