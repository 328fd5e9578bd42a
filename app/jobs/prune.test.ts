import { Redis } from 'ioredis';
import type { Knex } from 'knex';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { migrate } from '../../migrations/migrate.ts';
import { createStatements, type Statements } from '../database/statements.ts';
import { traceKey } from '../lab/trace/sink.ts';
import { type OwnDatabase, ownDatabase } from '../testing/own-database.ts';
import { testStack } from '../testing/stack.ts';
import { createPruneJob } from './prune.ts';

// Its own database and Redis database, because it deletes from them.
let database: OwnDatabase;
let db: Knex;
let redis: Redis;
let statements: Statements;

beforeAll(async () => {
  database = await ownDatabase('payment_race_prune');
  db = database.open();
  await migrate(db);
  redis = new Redis(testStack().redisUrl, { db: 9 });
  statements = createStatements(db, 60_000);
});
afterAll(async () => {
  redis.disconnect();
  await db.destroy();
  await database.drop();
});
beforeEach(async () => {
  for (const table of ['job_runs', 'idempotency_keys']) await db(table).delete();
  await redis.del(traceKey);
});

const aRun = { job: 'sync', schedule: '* * * * *', instance: 'app-1', token: 1, started_at: '2026-01-01' };
/** Records runs that are these many minutes old, each at a tick of its own. */
async function runsOf(minutesAgo: readonly number[]): Promise<void> {
  const at = (minutes: number) => db.raw('UTC_TIMESTAMP(3) - INTERVAL ? MINUTE', [minutes]);
  await db.batchInsert(
    'job_runs',
    minutesAgo.map((minutes) => ({ ...aRun, scheduled_at: at(minutes) })),
    500,
  );
}
/** Appends trace events that are these many minutes old, oldest first. */
async function stepsOf(count: number, minutesAgo: number): Promise<void> {
  const [seconds] = await redis.time();
  const ms = Number(seconds) * 1000 - minutesAgo * 60_000;
  const pipeline = redis.pipeline();
  for (let step = 0; step < count; step++) pipeline.xadd(traceKey, `${ms}-${step}`, 'step', 'read');
  await pipeline.exec();
}

interface Running {
  readonly through?: Partial<Statements>;
  readonly signal?: AbortSignal;
}
function run({ through = {}, signal = new AbortController().signal }: Running = {}): Promise<string> {
  const schedule = { schedule: '* * * * *', timeZone: 'UTC', ttlMs: 10_000, atLeastForMs: 0 };
  const job = createPruneJob({
    ...schedule,
    statements: { ...statements, ...through },
    redis,
    traceKey,
    redisTimeoutMs: 30_000,
    keepDays: 30,
    keepKeysHours: 24,
  });
  return job.run({ signal, log: pino({ level: 'silent' }), scheduledAt: new Date(), token: 1n });
}
const runsLeft = async () => (await db('job_runs')).length;
const dayMinutes = 24 * 60;

test('deletes only runs older than the limit', async () => {
  await runsOf([0, 1, 29 * dayMinutes, 30 * dayMinutes - 1, 30 * dayMinutes + 1, 400 * dayMinutes]);
  expect(await run()).toBe(
    'deleted 2 runs older than 30 days, 0 idempotency keys older than 24 hours and 0 trace events older than an hour',
  );
  expect(await runsLeft()).toBe(4);
});

test('deletes old idempotency keys, but for those in progress, tried or answered lately', async () => {
  const keyOf = (name: string, hours: number, leasedUntil: string | null) => ({
    ...{ user_id: 7, idempotency_key: name, execution_id: name, kind: 'pay', amount: 4900, attempt: 1, pass: 1 },
    ...{ request_id: 'r', instance: 'app-1', created_at: db.raw('NOW(6) - INTERVAL ? HOUR', [hours]) },
    leased_until: leasedUntil === null ? null : db.raw(leasedUntil),
  });
  await db('idempotency_keys').insert([
    keyOf('new', 23, null),
    keyOf('old', 25, null),
    keyOf('died', 50, 'NOW(6) - INTERVAL 25 HOUR'),
    keyOf('tried lately', 50, 'NOW(6) - INTERVAL 23 HOUR'),
    keyOf('in progress', 25, 'NOW(6) + INTERVAL 1 HOUR'),
    { ...keyOf('answered lately', 25, null), answered_at: db.raw('NOW(6) - INTERVAL 23 HOUR') },
  ]);
  expect(await run()).toContain(', 2 idempotency keys');
  expect(await db('idempotency_keys').orderBy('idempotency_key').pluck('idempotency_key')).toEqual([
    'answered lately',
    'in progress',
    'new',
    'tried lately',
  ]);
});

test('deletes in batches', async () => {
  await runsOf(Array.from({ length: 2500 }, (_, index) => 31 * dayMinutes + index));
  const deleted: number[] = [];
  const change: Statements['change'] = async (sql, values) => {
    const result = await statements.change(sql, values);
    if (sql.includes('job_runs')) deleted.push(result.affectedRows);
    return result;
  };
  expect(await run({ through: { change } })).toContain('deleted 2500 runs');
  expect(deleted).toEqual([1000, 1000, 500, 0]);
});

test('trims trace events older than an hour, in whole nodes of the stream', async () => {
  await stepsOf(2500, 61);
  await stepsOf(300, 59);
  const detail = await run();
  const trimmed = Number(/(\d+) trace events/.exec(detail)?.[1]);
  expect(trimmed).toBeGreaterThan(2400); // Redis keeps 100 steps in a node
  expect(trimmed).toBeLessThanOrEqual(2500);
  expect(await redis.xlen(traceKey)).toBe(2800 - trimmed);
  expect(await run()).toContain(' and 0 trace events');
});

test('trims nothing without a trace', async () => {
  expect(await run()).toBe(
    'deleted 0 runs older than 30 days, 0 idempotency keys older than 24 hours and 0 trace events older than an hour',
  );
  expect(await redis.exists(traceKey)).toBe(0);
});

test('stops between two batches on the signal', async () => {
  await runsOf(Array.from({ length: 2500 }, (_, index) => 31 * dayMinutes + index));
  const stop = new AbortController();
  const reason = new Error('the lease is lost');
  const change: Statements['change'] = (sql, values) => {
    stop.abort(reason);
    return statements.change(sql, values);
  };
  await expect(run({ through: { change }, signal: stop.signal })).rejects.toBe(reason);
  expect(await runsLeft()).toBe(1500);
});

test('deletes skips of instances not seen for a week', async () => {
  const daysAgo = (days: number) => db.raw('UTC_TIMESTAMP(3) - INTERVAL ? DAY', [days]);
  await db('job_skips').insert([
    { job: 'sync', skips: 1, instance: 'gone', last_skipped_at: daysAgo(8) },
    { job: 'sync', skips: 1, instance: 'here', last_skipped_at: daysAgo(6) },
  ]);
  await run();
  expect(await db('job_skips').pluck('instance')).toEqual(['here']);
});
