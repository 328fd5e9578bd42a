import { Redis } from 'ioredis';
import knex, { type Knex } from 'knex';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../database/open.ts';
import { createStatements, type Statements } from '../database/statements.ts';
import { traceKey } from '../lab/trace/sink.ts';
import { testStack } from '../testing/stack.ts';
import { createPruneJob } from './prune.ts';

// Its own database and Redis database, because it deletes from them.
const database = 'payment_race_prune';
let server: Knex;
let db: Knex;
let redis: Redis;
let statements: Statements;

beforeAll(async () => {
  const { mysqlUrl, redisUrl } = testStack();
  server = knex({ client: 'mysql2', connection: mysqlUrl });
  await server.raw('CREATE DATABASE ??', [database]);
  const url = Object.assign(new URL(mysqlUrl), { pathname: `/${database}` }).href;
  db = openDatabase({ url, poolMax: 4, timeoutMs: 60_000, say: () => {} });
  await db.schema.createTable('job_runs', (table) => {
    table.string('job', 64).notNullable();
    table.datetime('scheduled_at', { precision: 3 }).notNullable().index();
    table.primary(['job', 'scheduled_at']);
  });
  await db.schema.createTable('job_skips', (table) => {
    table.string('instance', 64).notNullable().primary();
    table.datetime('last_skipped_at', { precision: 3 }).notNullable();
  });
  redis = new Redis(redisUrl, { db: 9 });
  statements = createStatements(db, 60_000);
});
afterAll(async () => {
  redis.disconnect();
  await db.destroy();
  await server.raw('DROP DATABASE ??', [database]);
  await server.destroy();
});
beforeEach(async () => {
  await db('job_runs').delete();
  await redis.del(traceKey);
});

/** Records runs that are these many minutes old, each at a tick of its own. */
async function runsOf(minutesAgo: readonly number[]): Promise<void> {
  const at = (minutes: number) => db.raw('UTC_TIMESTAMP(3) - INTERVAL ? MINUTE', [minutes]);
  await db.batchInsert(
    'job_runs',
    minutesAgo.map((minutes) => ({ job: 'sync', scheduled_at: at(minutes) })),
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
    redisTimeoutMs: 500,
    keepDays: 30,
  });
  return job.run({ signal, log: pino({ level: 'silent' }), scheduledAt: new Date(), token: 1n });
}
const runsLeft = async () => (await db('job_runs')).length;
const dayMinutes = 24 * 60;

test('deletes only runs older than the limit', async () => {
  await runsOf([0, 1, 29 * dayMinutes, 30 * dayMinutes - 1, 30 * dayMinutes + 1, 400 * dayMinutes]);
  expect(await run()).toBe('deleted 2 runs older than 30 days and 0 trace events older than an hour');
  expect(await runsLeft()).toBe(4);
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
  expect(await run()).toBe('deleted 0 runs older than 30 days and 0 trace events older than an hour');
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
    { instance: 'gone', last_skipped_at: daysAgo(8) },
    { instance: 'here', last_skipped_at: daysAgo(6) },
  ]);
  await run();
  expect(await db('job_skips').pluck('instance')).toEqual(['here']);
});
