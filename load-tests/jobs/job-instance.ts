import { readConfig } from '../../app/config.ts';
import type { Job } from '../../app/jobs/index.ts';
import { runInstance } from '../../app/run-instance.ts';

/**
 * An instance whose only job is due each second: it reports its begin to a witness, and ends when that has answered.
 * Replaces app/main.ts.
 */
const { WITNESS_URL = '', JOB = 'witnessed', TTL_MS = '1000', CLOCK_OFFSET_MS = '0' } = process.env;
const config = readConfig();

const job: Job = {
  name: JOB,
  schedule: '* * * * * *',
  timeZone: 'UTC',
  ttlMs: Number(TTL_MS),
  atLeastForMs: 300,
  async run({ signal, scheduledAt, token }) {
    const body = JSON.stringify({ instance: config.INSTANCE, tick: scheduledAt.getTime(), token: String(token) });
    const answer = await fetch(WITNESS_URL, { method: 'POST', body, signal });
    return answer.text();
  },
};
await runInstance(
  // Ready once Redis is.
  { ...config, LOCK_MODE: 'redis', JOBS_CLOCK_OFFSET_MS: Number(CLOCK_OFFSET_MS) },
  { jobs: { jobs: [job], graceMs: 1000 } },
);
