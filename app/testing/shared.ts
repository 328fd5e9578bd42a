import { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { openDatabase } from '../database/open.ts';
import { testStack } from './stack.ts';

// Opened once per worker, for all of its test files: to open them takes time. They end with the worker. A test that
// interferes with a connection opens its own.

let db: Knex | undefined;
/** The database of the worker's stack. */
export function sharedDb(): Knex {
  db ??= openDatabase({ url: testStack().mysqlUrl, poolMax: 10, timeoutMs: 30_000, say: () => {} });
  return db;
}

let redis: Redis | undefined;
/** The Redis of the worker's stack. */
export function sharedRedis(): Redis {
  redis ??= new Redis(testStack().redisUrl, { retryStrategy: () => null }); // the stack ends before the worker
  return redis;
}
