import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openDatabase } from '../app/database/open.ts';
import { createStatements } from '../app/database/statements.ts';
import { createReconcileJob, type ReconcileOptions } from '../app/jobs/reconcile.ts';
import { type LockModeName, lockModeNames } from '../app/lock-modes/index.ts';
import { openModes, type TestModes } from '../app/testing/lock-modes.ts';
import { seeded } from '../app/web/page/model/random.ts';
import { type Stack, startStack } from './stack/index.ts';
import type { Instance } from './stack/instances.ts';
import { auditSchema } from './verify/audit.ts';
import type { Operation } from './verify/operation.ts';
import { allEnded } from './workload/all-ended.ts';
import { testify } from './workload/history-witness.ts';
import { callLab, resetUsers, untilQuiet } from './workload/lab-client.ts';
import { driveRecorded } from './workload/recorded-load.ts';
import { createRecorder, type Recorder } from './workload/recorder.ts';

const amount = 4900;
const lockTtlMs = 2000;
/** A stack of its own: its instances are killed here. */
let stack: Stack;
let reconciler: TestModes;
let db: Knex;

beforeAll(async () => {
  stack = await startStack({ env: { LOCK_TTL_MS: String(lockTtlMs), LOG_LEVEL: 'error' } });
  const urls = { mysqlUrl: stack.mysql.url, redisUrl: stack.redis.url };
  // The job runs in this process, as it would on an instance that nobody kills.
  reconciler = await openModes({ ...urls, redlockUrls: stack.redlock.map(({ url }) => url), lockTtlMs });
  await vi.waitFor(() => Promise.all([reconciler.modes.redis.ping(), reconciler.modes.redlock.ping()]));
  db = openDatabase({ url: stack.mysql.url, poolMax: 4, timeoutMs: 5000, say: () => {} });
});
afterAll(async () => {
  await Promise.all([reconciler?.close(), db?.destroy()]);
  await stack?.stop();
});

type Running = Pick<ReconcileOptions, 'afterMs'> & Partial<ReconcileOptions>;
/** Runs the job once. @returns its detail. */
function reconcile(mode: LockModeName, options: Running): Promise<string> {
  const job = createReconcileJob({
    schedule: '* * * * *',
    timeZone: 'UTC',
    ttlMs: 10_000,
    atLeastForMs: 0,
    reconcile: 'repair',
    statements: createStatements(db, 5000),
    gateway: reconciler.gateway,
    mode: reconciler.modes[mode],
    lockKey: 'payment',
    lockWaitMs: 2 * lockTtlMs, // a killed instance's locks outlive it
    ...options,
  });
  const { signal } = new AbortController();
  return job.run({ signal, log: pino({ level: 'silent' }), scheduledAt: new Date(), token: 1n });
}

/** Calls an instance past nginx. @returns the status of its answer; undefined when it died over it. */
async function post(at: Instance, command: 'pay' | 'cancel', userId: number, headers: Record<string, string>) {
  const response = await fetch(`${at.url}/users/${userId}/${command}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ amount }),
    signal: AbortSignal.timeout(20_000),
  }).catch(() => undefined);
  return response?.status;
}

/**
 * Has requests for these users be under way on an instance, the first half pays that have charged, the others cancels
 * that have refunded, all of them before they write the flag; and kills it.
 */
async function leaveBehind(victim: Instance, userIds: readonly number[], mode: LockModeName): Promise<void> {
  const headers = { 'x-lock-mode': mode };
  const [payers, cancellers] = [userIds.slice(0, userIds.length / 2), userIds.slice(userIds.length / 2)];
  for (const id of cancellers) expect(await post(victim, 'pay', id, headers)).toBe(200);
  const slow = { ...headers, 'x-gateway-ms': '19000' };
  const dying = [
    ...payers.map((id) => post(victim, 'pay', id, slow)),
    ...cancellers.map((id) => post(victim, 'cancel', id, slow)),
  ];
  await vi.waitFor(
    async () => {
      const rows = await db('charges as c')
        .leftJoin('refunds as r', 'r.charge_id', 'c.id')
        .whereIn('c.user_id', userIds);
      expect([rows.length, rows.filter((row) => row.charge_id !== null).length]).toEqual([
        userIds.length,
        cancellers.length,
      ]);
    },
    { timeout: 10_000, interval: 20 },
  );
  victim.kill('SIGKILL');
  await victim.ended();
  expect(await Promise.all(dying)).toEqual(userIds.map(() => undefined));
}

const audit = () => callLab(stack.instances[1]?.url ?? '', '/lab/audit', auditSchema);
const freshUsers = async (count: number) =>
  (await resetUsers(stack.instances[1]?.url ?? '', count)).map(({ id }) => id);
const victimOf = ({ instances: [victim] }: Stack) => {
  if (!victim) throw new Error('the stack has no instance');
  return victim;
};

/** Of each kind of guard one, to keep the suite fast; `ALL_MODES=1` has all eight. `app/jobs/reconcile.test.ts` always has. */
const modes: readonly LockModeName[] = process.env.ALL_MODES ? lockModeNames : ['none', 'redis', 'version'];

test.each(modes)('%s: what a killed instance has left behind is right after one run', async (mode) => {
  const victim = victimOf(stack);
  await leaveBehind(victim, await freshUsers(12), mode);
  try {
    const before = await audit();
    expect(before).toMatchObject({ accessWithoutPaying: 6, chargedWithoutAccess: 6, chargedTwice: 0 });
    expect(await reconcile(mode, { afterMs: 1, reconcile: 'report' })).toContain(
      'report: 12 wronged: 12 to be repaired',
    );
    expect((await audit()).wronged).toHaveLength(12);

    expect(await reconcile(mode, { afterMs: 1 })).toContain('repair: 12 wronged: 12 repaired; User ');
    const after = await audit();
    expect(after).toMatchObject({ staleWrites: 0, wronged: [] });
    console.log(
      `${mode}: ${before.wronged.length} users wronged after the kill, ${after.wronged.length} after one run`,
    );
    expect(await reconcile(mode, { afterMs: 1 })).toBe('repair: nobody is wronged');
  } finally {
    await victim.start();
  }
});

/** Longer than any request is silent in this load, also on a machine that is busy with something else. */
const afterMs = 3000;
const seed = 20_261_122;

/**
 * Puts a charge into a user's books that looks as if its request had died an hour ago. Of the user's history, it is a pay
 * whose outcome nobody knows: a cancel may find it, and be told that it has cancelled.
 */
async function haunt(userId: number, requestId: string, histories: Recorder['histories']): Promise<void> {
  const invokedAtMs = performance.now();
  const history = histories.get(userId) as Operation[] | undefined;
  if (!history) return; // nobody has called for that user yet
  history.push({ call: 'pay', answer: 'unknown', invokedAtMs, returnedAtMs: invokedAtMs, requestId });
  const created_at = db.raw('NOW(6) - INTERVAL 1 HOUR');
  await db('charges').insert({ user_id: userId, amount, request_id: requestId, instance: 'dead', created_at });
}

const guarded = modes.filter((mode) => mode !== 'none' && mode !== 'memory');
describe.each(guarded)('in the mode %s', (mode) => {
  beforeAll(() => stack.restartInstances({ env: { LOCK_MODE: mode } }));

  test('repairing all the time, beside payments and while an instance dies, spoils nobody’s payment', async () => {
    const users = (await freshUsers(16)).map((id) => ({ id, amount }));
    // The others' histories have no pays but their own, and so less that could explain what is wrong.
    const ofTheDead = users.flatMap(({ id }, index) => (index % 3 === 0 ? [id] : []));
    const clients = 8;
    await using recorder = createRecorder({ url: stack.url, clients, requestPrefix: `reconcile-${mode}` });
    const random = seeded(seed, 99);
    const details: string[] = [];
    let over = false;
    const untilOver = async (work: () => Promise<unknown>) => {
      while (!over) {
        await work();
        await sleep(20);
      }
    };
    const load = driveRecorded({ users, clients, seconds: 3, seed }, recorder).finally(() => {
      over = true;
    });
    let haunted = 0;
    const beside = [
      untilOver(async () => details.push(await reconcile(mode, { afterMs }))),
      untilOver(() => haunt(ofTheDead[random(ofTheDead.length)] ?? 0, `dead-${mode}-${++haunted}`, recorder.histories)),
      sleep(500).then(async () => {
        const victim = victimOf(stack);
        victim.kill('SIGKILL');
        await victim.ended();
        await victim.start();
      }),
    ];
    await allEnded([load, ...beside]);

    for (const { url, name } of stack.instances) {
      await untilQuiet({ url, instances: new Set([name]), withinMs: 15_000 });
    }
    const repaired = details.reduce((sum, detail) => sum + Number(/(\d+) repaired/.exec(detail)?.[1] ?? 0), 0);
    await sleep(afterMs);
    await reconcile(mode, { afterMs });
    const { linearizable, history } = await testify(recorder, users);
    const { staleWrites, wronged } = await audit();
    console.log(
      `${mode}: ${history.calls} calls, ${history.unknown} unknown; ${details.length} runs beside them repaired ${repaired} users; ` +
        `then ${staleWrites} stale writes, ${wronged.length} users wronged, linearizable: ${linearizable}; seed ${seed}`,
    );
    expect({ staleWrites, wronged, linearizable }).toEqual({ staleWrites: 0, wronged: [], linearizable: true });
    expect(repaired).toBeGreaterThan(0);
  }, 60_000);
});
