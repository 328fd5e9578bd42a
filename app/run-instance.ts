import { createServer, type Server } from 'node:http';
import type { Express } from 'express';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { migrate } from '../migrations/migrate.ts';
import type { Config } from './config.ts';
import { buildInstance, type InstanceDeps } from './instance.ts';
import { createLog } from './log.ts';

/** Listens, on a free port if `port` is 0. @throws when it cannot. */
export async function serve(app: Express, port: number, host: string): Promise<Server> {
  const server = createServer({ maxHeaderSize: 65_536 }, app);
  // Longer than nginx keeps an idle connection: else it would send a request on one that is just being closed here.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}

/** Serves and runs jobs until a signal ends this process. */
export async function runInstance(config: Config, { jobs }: Pick<InstanceDeps, 'jobs'> = {}): Promise<void> {
  const log = createLog({ instance: config.INSTANCE, level: config.LOG_LEVEL });
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const instance = buildInstance({ config, log, metrics, ...(jobs && { jobs }) });
  const migrated = await migrate(instance.db);
  if (migrated.length > 0) log.info({ migrated }, 'the database was brought up to date');

  const server = await serve(instance.app, config.PORT, config.HOST);
  instance.shutdown.onSignal({ ...instance, server });
  instance.jobs.start();
  log.info({ lockMode: config.LOCK_MODE, lab: config.LAB, port: config.PORT }, 'ready');
}
