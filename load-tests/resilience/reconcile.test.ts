import { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStatements } from '../../app/database/statements.ts';
import { auditSchema } from '../../app/lab/audit-schema.ts';
import { type LockModeName, lockModeNames } from '../../app/lock-modes/registry.ts';
import { openModes, sectionFor, type TestModes } from '../../app/testing/lock-modes.ts';
import { type OwnDatabase, ownDatabase } from '../../app/testing/own-database.ts';
import { type Running, reconcileOnce } from '../../app/testing/reconcile.ts';
import { testStack } from '../../app/testing/stack.ts';
import { soon, until } from '../../app/testing/until.ts';
import { seeded } from '../../app/web/page/state/random.ts';
import { migrate } from '../../migrations/migrate.ts';
import { callLab, resetUsers, untilQuiet } from '../client/lab-client.ts';
import { driveRecorded, settleAll } from '../client/recorded-load.ts';
import { createRecorder, type Recorder } from '../client/recorder.ts';
import { checkHistories } from '../race/history.ts';
import { findPrograms } from '../stack/install/programs.ts';
import { type Keeper, startKeeper } from '../stack/processes/keeper.ts';
import { type NginxServer, startNginx } from '../stack/servers/nginx.ts';
import { serviceProgram } from '../stack/service/builds.ts';
import { type Instance, startInstance } from '../stack/service/instances.ts';
import type { Operation } from '../verify/operation.ts';

const amount = 4900;
/** Longer than a test takes: where the locks of a dead instance are to run out, they are deleted. */
const lockTtlMs = 60_000;
// A database and Redis databases of its own: only these tests make users inconsistent there.
let database: OwnDatabase;
const redisDatabase = 7;
let db: Knex;
let redis: readonly Redis[] = [];
let keeper: Keeper;
/** One is killed again and again; nginx leads to both. */
let victim: Instance;
let survivor: Instance;
let nginx: NginxServer;
let reconciler: TestModes;

beforeAll(async () => {
  const stack = testStack();
  const own = (url: string) => Object.assign(new URL(url), { pathname: `/${redisDatabase}` }).href;
  const redisUrl = own(stack.redisUrl);
  const redlockUrls = stack.redlockUrls.map(own);
  database = await ownDatabase('payment_race_left_behind');
  const { url: mysqlUrl } = database;
  db = database.open();
  await migrate(db);
  redis = [redisUrl, ...redlockUrls].map((url) => new Redis(url));
  keeper = await startKeeper();
  const env = {
    ...{ MYSQL_URL: mysqlUrl, REDIS_URL: redisUrl, REDLOCK_URLS: redlockUrls.join(','), REDIS_TIMEOUT_MS: '30000' },
    ...{ LOCK_TTL_MS: String(lockTtlMs), LOCK_WAIT_MS: '200', LAB: 'on', JOBS: 'off', LOG_LEVEL: 'error' },
  };
  const start = (name: string) => startInstance({ name, env, program: serviceProgram }, keeper);
  // The job runs in this process, which is not killed.
  [victim, survivor, reconciler] = await Promise.all([
    start('app-1'),
    start('app-2'),
    openModes({ mysqlUrl, redisUrl, redlockUrls, lockTtlMs }),
  ]);
  const upstreams = [victim, survivor].map(({ port }) => `127.0.0.1:${port}`);
  nginx = await startNginx(findPrograms().nginx ?? 'nginx', keeper, { upstreams });
  const { modes } = reconciler;
  const section = sectionFor({ key: 'is-up', userId: 0 });
  const isUp = async (mode: LockModeName) => (await modes[mode].guard(section, async () => {})).outcome === 'done';
  await until('the locks can be used', async () => (await isUp('redis')) && (await isUp('redlock')), soon);
});
afterAll(async () => {
  for (const node of redis) node.disconnect();
  await Promise.all([reconciler?.close(), db?.destroy()]);
  await keeper?.end();
  await database?.drop();
});

/** Runs the job once. @returns its detail. */
const reconcile = (mode: LockModeName, options: Running & { readonly afterMs: number }) =>
  reconcileOnce({
    statements: createStatements(db, 60_000),
    processor: reconciler.processor,
    mode: reconciler.modes[mode],
    lockWaitMs: 100,
    ...options,
  });

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
async function leaveBehind(userIds: readonly number[], mode: LockModeName): Promise<void> {
  const headers = { 'x-lock-mode': mode };
  const [payers, cancellers] = [userIds.slice(0, userIds.length / 2), userIds.slice(userIds.length / 2)];
  for (const id of cancellers) expect(await post(victim, 'pay', id, headers)).toBe(200);
  const slow = { ...headers, 'x-gateway-ms': '19000' };
  const dying = [
    ...payers.map((id) => post(victim, 'pay', id, slow)),
    ...cancellers.map((id) => post(victim, 'cancel', id, slow)),
  ];
  const areUnderWay = async () => {
    const rows = await db('charges as c').leftJoin('refunds as r', 'r.charge_id', 'c.id').whereIn('c.user_id', userIds);
    return rows.length === userIds.length && rows.filter((row) => row.charge_id !== null).length === cancellers.length;
  };
  await until('all have charged or refunded', areUnderWay, soon);
  victim.kill('SIGKILL');
  await victim.ended();
  expect(await Promise.all(dying)).toEqual(userIds.map(() => undefined));
  await locksOfTheDeadRunOut();
}

/** No other request is under way. */
const locksOfTheDeadRunOut = () => Promise.all(redis.map((node) => node.flushdb()));

const audit = () => callLab(survivor.url, '/lab/audit', auditSchema);
const freshUsers = async (count: number) => (await resetUsers(survivor.url, count)).map(({ id }) => id);

/** Of each kind of guard one, to keep the suite fast; `ALL_MODES=1` has all. `app/jobs/reconcile/reconcile.test.ts` always has. */
const modes: readonly LockModeName[] = process.env.ALL_MODES ? lockModeNames : ['none', 'redis', 'version'];

test.each(modes)('%s: what a killed instance has left behind is right after one run', async (mode) => {
  await leaveBehind(await freshUsers(12), mode);
  const restarted = victim.start(); // beside the repair
  try {
    const before = await audit();
    expect(before).toMatchObject({ accessWithoutPaying: 6, chargedWithoutAccess: 6, chargedTwice: 0 });
    expect(await reconcile(mode, { afterMs: 1, reconcile: 'report' })).toContain(
      'report: 12 inconsistent: 12 to repair',
    );
    expect((await audit()).wronged).toHaveLength(12);

    expect(await reconcile(mode, { afterMs: 1 })).toContain('repair: 12 inconsistent: 12 repaired; User ');
    const after = await audit();
    expect(after).toMatchObject({ staleWrites: 0, wronged: [] });
    console.log(
      `${mode}: ${before.wronged.length} users inconsistent after the kill, ${after.wronged.length} after one run`,
    );
    expect(await reconcile(mode, { afterMs: 1 })).toBe('repair: all users are consistent');
  } finally {
    await restarted;
  }
});

/** Longer than a request is silent in this load. One that is judged too soon is not hurt either. */
const afterMs = 3000;
/** How many calls come before the victim dies, and after it is back. */
const callsEachTime = 50;
const seed = 20_261_122;

/**
 * Puts a charge into a user's books that looks as if its request had died an hour ago. Of the user's history, it is a pay
 * whose outcome is unknown: a cancel may find it, and be answered `cancelled`.
 */
async function haunt(userId: number, requestId: string, histories: Recorder['histories']): Promise<void> {
  const invokedAtMs = performance.now();
  const history = histories.get(userId) as Operation[] | undefined;
  if (!history) return; // no call for that user yet
  history.push({ call: 'pay', answer: 'unknown', invokedAtMs, returnedAtMs: invokedAtMs, requestId });
  const created_at = db.raw('NOW(6) - INTERVAL 1 HOUR');
  await db('charges').insert({ user_id: userId, amount, request_id: requestId, instance: 'dead', created_at });
}

const guarded = process.env.ALL_MODES
  ? modes.filter((mode) => mode !== 'none' && mode !== 'memory')
  : (['redis'] as const);
test.each(guarded)('%s: repairing all the time, beside payments and a crash, breaks no payment', async (mode) => {
  const users = (await freshUsers(16)).map((id) => ({ id, amount }));
  // The others' histories have no pays but their own, and so less that could explain what is wrong.
  const ofTheDead = users.flatMap(({ id }, index) => (index % 3 === 0 ? [id] : []));
  const clients = 8;
  const headers = { 'x-lock-mode': mode };
  await using recorder = createRecorder({ url: nginx.url, clients, headers, requestPrefix: `reconcile-${mode}` });
  const random = seeded(seed, 99);
  const details: string[] = [];
  const repaired = () => details.reduce((sum, detail) => sum + Number(/(\d+) repaired/.exec(detail)?.[1] ?? 0), 0);
  const calls = () => [...recorder.histories.values()].flat().length;
  let over = false;

  async function repairAllTheTime(): Promise<void> {
    for (let haunted = 1; !over; haunted++) {
      await haunt(ofTheDead[random(ofTheDead.length)] ?? 0, `dead-${mode}-${haunted}`, recorder.histories);
      details.push(await reconcile(mode, { afterMs }));
    }
  }
  async function crash(): Promise<void> {
    const more = async (count: number) => void (await until(`${count} calls`, () => over || calls() >= count, soon));
    await more(callsEachTime);
    victim.kill('SIGKILL');
    await victim.ended();
    await victim.start();
    await more(calls() + callsEachTime);
    await until('a user was repaired', () => over || repaired() > 0, soon);
  }
  const ends = (work: Promise<void>) =>
    work.finally(() => {
      over = true;
    });
  const load = driveRecorded({ users, clients, seconds: 100, seed, isOver: () => over }, recorder);
  await settleAll([ends(load), ends(repairAllTheTime()), ends(crash())]);

  for (const { url, name } of [victim, survivor]) {
    await untilQuiet({ url, instances: new Set([name]), ...soon });
  }
  await locksOfTheDeadRunOut();
  await reconcile(mode, { afterMs: 1 }); // nothing is under way any more
  const { linearizable, history } = await checkHistories(recorder, users);
  const { staleWrites, wronged } = await audit();
  console.log(
    `${mode}: ${history.calls} calls, ${history.unknown} unknown; ${details.length} runs beside them repaired ${repaired()} users; ` +
      `then ${staleWrites} stale writes, ${wronged.length} users inconsistent, linearizable: ${linearizable}; seed ${seed}`,
  );
  expect({ staleWrites, wronged, linearizable }).toEqual({ staleWrites: 0, wronged: [], linearizable: true });
  expect(repaired()).toBeGreaterThan(0);
});
