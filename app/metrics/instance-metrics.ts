import { readFileSync } from 'node:fs';
import type { Knex } from 'knex';
import { Gauge, type Registry } from 'prom-client';
import type { RedisConnection } from '../redis/connection.ts';
import { withTimeout } from '../with-timeout.ts';

export interface InstanceMetricsOptions {
  readonly db: Knex;
  /** By name. */
  readonly redis: Readonly<Record<string, RedisConnection>>;
  /** Payments in progress. */
  readonly inFlight: { readonly count: number };
  /** @returns undefined if the instance can pay. */
  readonly check: () => Promise<unknown>;
  readonly isDraining: () => boolean;
}

/** As far from the bundle of `npm run build:service` as from here. */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** How long the database may take, in milliseconds: a collector gives up after ten seconds, and then has no metric at all. */
const answerMs = 5000;

/** What an operator looks at: read when the metrics are asked for, so that payments take no time for it. */
export function instanceMetrics(registry: Registry, options: InstanceMetricsOptions): void {
  const { db, redis, inFlight, check, isDraining } = options;
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      ...{ name, help, registers },
      async collect() {
        this.set(await read());
      },
    });

  gauge('payments_in_flight', 'Pays and cancels in progress.', () => inFlight.count);
  gauge('instance_ready', '1 if GET /readyz is answered 200.', async () =>
    isDraining() || (await check()) !== undefined ? 0 : 1,
  );
  gauge('mysql_pool_max', 'Connections that the pool may have.', () => db.client.pool.max);
  gauge('mysql_pool_used', 'Connections in use.', () => db.client.pool.numUsed());
  gauge('mysql_pool_waiting', 'Statements and transactions that wait for a connection.', () =>
    db.client.pool.numPendingAcquires(),
  );
  gauge('mysql_up', '1 if the database answers.', () => {
    const answer = db.raw('SELECT 1').timeout(1000); // without the wait for a connection
    return withTimeout(
      answer.then(() => 1),
      answerMs,
      'MySQL',
    ).catch(() => 0);
  });
  new Gauge({
    name: 'redis_up',
    help: '1 while there is a connection to that Redis.',
    labelNames: ['server'],
    registers,
    collect() {
      for (const [server, { status }] of Object.entries(redis)) this.set({ server }, status === 'ready' ? 1 : 0);
    },
  });
  new Gauge({ name: 'build_info', help: '1; what runs here.', labelNames: ['version', 'node'], registers }).set(
    { version, node: process.version },
    1,
  );
}
