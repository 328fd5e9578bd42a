import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Express } from 'express';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { assertMigrated, migrate } from '../migrations/migrate.ts';
import type { Config } from './config.ts';
import type { Readiness } from './http/readiness.ts';
import { answerUnparsed } from './http/unparsed.ts';
import { buildInstance, type InstanceDeps } from './instance.ts';
import { createLog } from './log.ts';

/** Connections that the system accepts for this process while it is busy. Linux allows at most so many by itself. */
const backlog = 4096;

/** Listens on `port`; 0: a free port. @throws if it cannot. */
export async function serve(app: Express, port: number, host: string): Promise<Server> {
  const server = createServer({ maxHeaderSize: 65_536 }, app);
  // Longer than nginx keeps an idle connection; otherwise nginx could send a request on a connection that is closing.
  server.keepAliveTimeout = 65_000;
  answerUnparsed(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog }, resolve);
  });
  return server;
}

/** How long a start waits until it can pay. After that, an instance serves all the same: other requests need less. */
const readyWithinMs = 5000;

/** Connecting takes a moment, in which the first payments of a rolling update would be answered 503. Never rejects. */
export async function untilItCanPay({ check }: Pick<Readiness, 'check'>, withinMs: number): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (performance.now() < untilMs && (await check())) await sleep(20);
}

/** Serves requests and runs jobs until a signal ends the process. */
export async function runInstance(config: Config, { jobs }: Pick<InstanceDeps, 'jobs'> = {}): Promise<void> {
  const log = createLog({ instance: config.INSTANCE, level: config.LOG_LEVEL });
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const instance = buildInstance({ config, log, metrics, ...(jobs && { jobs }) });
  if (config.MIGRATE) {
    const migrated = await migrate(instance.db);
    if (migrated.length > 0) log.info({ migrated }, 'database migrated');
  } else await assertMigrated(instance.db);

  await untilItCanPay(instance.readiness, readyWithinMs);
  const server = await serve(instance.app, config.PORT, config.HOST);
  const shutDown = instance.shutdown.prepare({ ...instance, server });
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.removeAllListeners(signal); // see end-at-signal.ts
    process.on(signal, async () => process.exit(await shutDown(signal)));
  }
  instance.jobs.start();
  log.info({ lockMode: config.LOCK_MODE, lab: config.LAB, port: config.PORT }, 'ready');
}
