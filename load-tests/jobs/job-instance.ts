import { createServer } from 'node:http';
import { openDatabase } from '../../app/database/open.ts';
import { createStatements } from '../../app/database/statements.ts';
import { createJobs, type Job } from '../../app/jobs/index.ts';
import { createLog } from '../../app/log.ts';
import { openRedis } from '../../app/redis.ts';

/**
 * The scheduler of an instance, without the payments, with one job that is due each second: it asks a witness whether it
 * may begin and is done when that has answered. It takes the place of app/main.ts.
 */
const { HOST = '127.0.0.1', PORT = '3000', INSTANCE = 'jobs', MYSQL_URL = '', REDIS_URL = '' } = process.env;
const { WITNESS_URL = '', JOB = 'witnessed', TTL_MS = '1000', CLOCK_OFFSET_MS = '0', LOG_LEVEL = 'info' } = process.env;

const log = createLog({ instance: INSTANCE, level: LOG_LEVEL });
const redis = openRedis({ url: REDIS_URL, timeoutMs: 500, warn: (message) => log.warn(message) });
const db = openDatabase({ url: MYSQL_URL, poolMax: 5, timeoutMs: 5000, say: () => {} });

const job: Job = {
  name: JOB,
  schedule: '* * * * * *',
  timeZone: 'UTC',
  ttlMs: Number(TTL_MS),
  atLeastForMs: 300,
  async run({ signal, scheduledAt, token }) {
    const body = JSON.stringify({ instance: INSTANCE, tick: scheduledAt.getTime(), token: String(token) });
    const answer = await fetch(WITNESS_URL, { method: 'POST', body, signal });
    return answer.text();
  },
};
const jobs = createJobs({
  jobs: [job],
  instance: INSTANCE,
  statements: createStatements(db, 5000),
  redis,
  redisTimeoutMs: 500,
  clock: () => Date.now() + Number(CLOCK_OFFSET_MS),
  log,
  graceMs: 1000,
  scheduling: true,
  lab: false,
});

const server = createServer((_req, res) => {
  res.statusCode = redis.status === 'ready' ? 200 : 503;
  res.setHeader('content-type', 'application/json').end(JSON.stringify({ pid: process.pid }));
});
server.listen(Number(PORT), HOST, () => jobs.start());
process.once('SIGTERM', () => {
  jobs.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
