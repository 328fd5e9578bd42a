import { createServer } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { migrate } from '../migrations/migrate.ts';
import type { Config } from './config.ts';
import { buildInstance, type InstanceDeps } from './instance.ts';
import { createLog } from './log.ts';

/** Serves and runs jobs until this process is told to end. */
export async function runInstance(config: Config, { jobs }: Pick<InstanceDeps, 'jobs'> = {}): Promise<void> {
  const log = createLog({ instance: config.INSTANCE, level: config.LOG_LEVEL });
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const instance = buildInstance({ config, log, metrics, ...(jobs && { jobs }) });
  const migrated = await migrate(instance.db);
  if (migrated.length > 0) log.info({ migrated }, 'the database was brought up to date');

  const server = createServer({ maxHeaderSize: 65_536 }, instance.app);
  // Longer than nginx keeps an idle connection: else it would send a request on one that is just being closed here.
  server.keepAliveTimeout = 65_000;
  instance.shutdown.onSignal({ ...instance, server });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.PORT, config.HOST, resolve);
  });
  instance.jobs.start();
  log.info({ lockMode: config.LOCK_MODE, lab: config.LAB, port: config.PORT }, 'ready');
}
