import { createServer as createHttpServer } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { migrate } from '../migrations/migrate.ts';
import { ConfigError, readConfig } from './config.ts';
import { openDatabase } from './database/open.ts';
import { createStatements } from './database/statements.ts';
import { createTransactions } from './database/transactions.ts';
import { createInFlight } from './http/in-flight.ts';
import { configuredJobs } from './jobs/configured.ts';
import { createJobs } from './jobs/index.ts';
import { openLab } from './lab/lab.ts';
import { createLockModes } from './lock-modes/index.ts';
import { createLog } from './log.ts';
import { jobMetrics } from './metrics/job-metrics.ts';
import { lockMetrics } from './metrics/lock-metrics.ts';
import { createAccountRows } from './payments/account-rows.ts';
import { createAccountStore } from './payments/accounts.ts';
import { createGateway } from './payments/gateway.ts';
import { createPaymentService } from './payments/service.ts';
import { createUsers } from './payments/users.ts';
import { openRedis } from './redis.ts';
import { createServer } from './server.ts';
import { createShutdown } from './shutdown.ts';

async function main(): Promise<void> {
  const config = readConfig();
  const { INSTANCE: instance, MYSQL_TIMEOUT_MS: timeoutMs, REDIS_TIMEOUT_MS: redisTimeoutMs } = config;
  const log = createLog({ instance, level: config.LOG_LEVEL });

  const db = openDatabase({
    url: config.MYSQL_URL,
    poolMax: config.MYSQL_POOL_MAX,
    timeoutMs,
    say: (message) => log.debug(message),
  });
  const openNode = (url: string) =>
    openRedis({ url, timeoutMs: redisTimeoutMs, warn: (message) => log.warn({ redis: new URL(url).host }, message) });
  const redis = openNode(config.REDIS_URL);
  const redlockNodes = config.REDLOCK_URLS?.map(openNode);
  const migrated = await migrate(db);
  if (migrated.length > 0) log.info({ migrated }, 'the database was brought up to date');

  const statements = createStatements(db, timeoutMs);
  const accounts = createAccountStore(statements, instance);
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const modes = createLockModes({
    accounts,
    rows: createAccountRows(createTransactions(db, timeoutMs), instance),
    redis,
    redlockNodes,
    lockTtlMs: config.LOCK_TTL_MS,
    redisTimeoutMs,
    listenerFor: lockMetrics(metrics),
  });
  const gateway = createGateway(statements, { instance, gatewayMs: config.GATEWAY_MS });
  const payments = { gateway, lockKey: config.LOCK_KEY, lockWaitMs: config.LOCK_WAIT_MS };
  const service = createPaymentService(payments);
  const users = createUsers(statements);
  const defaultMode = modes[config.LOCK_MODE];
  if (!defaultMode) throw new Error(`This instance does not have the mode ${config.LOCK_MODE}.`); // the configuration sees to it
  const jobs = createJobs({
    jobs: configuredJobs({ config, statements, redis, gateway, mode: defaultMode }),
    instance,
    statements,
    redis,
    redlockNodes: config.JOBS_LOCK === 'redlock' ? redlockNodes : undefined,
    redisTimeoutMs,
    clock: () => Date.now() + config.JOBS_CLOCK_OFFSET_MS,
    log,
    listener: jobMetrics(metrics),
    graceMs: config.SHUTDOWN_MS / 3, // to heed the signal; then as much to record it
    scheduling: config.JOBS,
    lab: config.LAB,
  });
  const inFlight = createInFlight();

  const shutdown = createShutdown({ log, withinMs: config.SHUTDOWN_MS, inFlight });
  const { ending } = shutdown;
  const lab = config.LAB
    ? openLab({ config, log, redis, redlockNodes, statements, modes, inFlight, payments, ending })
    : undefined;
  const app = createServer({
    config,
    log,
    db,
    statements,
    modes,
    defaultMode,
    service,
    lab,
    users,
    jobs: jobs.routes,
    inFlight,
    isDraining: shutdown.isDraining,
    metrics,
  });
  const server = createHttpServer({ maxHeaderSize: 65_536 }, app);
  // Longer than nginx keeps an idle connection: else it would send a request on one that is just being closed here.
  server.keepAliveTimeout = 65_000;
  shutdown.onSignal({ server, jobs, modes, lab, redis: [redis, ...(redlockNodes ?? [])], db });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.PORT, config.HOST, resolve);
  });
  jobs.start();
  log.info({ lockMode: config.LOCK_MODE, lab: config.LAB, port: config.PORT }, 'ready');
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) console.error(error.message);
  else console.error('The instance could not start:', error);
  process.exit(1);
});
