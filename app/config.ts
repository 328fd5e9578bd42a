import { hostname } from 'node:os';
import { z } from 'zod';
import { isTimeZone, readSchedule } from './jobs/scheduling/schedule.ts';
import { lockModeNames, lockModeTraits } from './lock-modes/registry.ts';
import { longestRequestMs } from './payments/longest-request.ts';
import { readRedisUrl } from './redis-url.ts';
import { messageOf } from './thrown.ts';

/** A whole number of milliseconds, at most a day: a larger value is a typing error. */
const milliseconds = z.coerce.number().int().min(0).max(86_400_000);
const switchedOn = z.enum(['on', 'off']).transform((value) => value === 'on');
const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `must be a URL such as ${example}` });
/** A Redis that the instance connects to: as {@link readRedisUrl} reads it. */
const redisAddress = z
  .string()
  .trim()
  .refine((text) => readRedisUrl(text) !== undefined, {
    error:
      'must be a URL such as redis://host:6379, redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379',
  });

/** In one list, the same server twice would have two votes, even under another database. */
function areDifferentServers(urls: readonly string[]): boolean {
  const servers = urls.map((text) => new URL(text)).map(({ hostname, port }) => `${hostname}:${port || 6379}`);
  return new Set(servers.map((server) => server.toLowerCase())).size === servers.length;
}

/** Independent Redis servers, separated by commas. Fewer than three cannot lose one and keep a majority. */
const redlockUrls = z
  .string()
  .transform((list) => list.split(',').map((text) => text.trim()))
  .refine(
    (urls) => urls.length >= 3 && urls.every((text) => /^rediss?:/i.test(text) && readRedisUrl(text) !== undefined),
    {
      error: 'must be at least three URLs such as redis://host:6379, separated by commas',
      abort: true,
    },
  )
  .refine(areDifferentServers, { error: 'must name each server once: the nodes must fail independently' });

const syncUrls = z
  .string()
  .transform((list) => list.split(',').map((text) => text.trim()))
  .refine((urls) => urls.every((text) => url(/^https?$/, '').safeParse(text).success), {
    error: 'must be URLs such as https://host/path, separated by commas; a comma in a URL is written %2C',
  });

/** Names that lead here, separated by commas. */
const hostNames = z
  .string()
  .transform((list) => list.split(',').map((text) => text.trim()))
  .refine((names) => names.every((name) => /^[a-z0-9.-]+$/i.test(name)), {
    error: 'must be names such as lab.example.org, without a port, separated by commas',
  });

/** A job's schedule. Its syntax does not depend on the time zone, which is another variable. */
const cron = z.string().superRefine((expression, context) => {
  try {
    readSchedule(expression, 'UTC');
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
  }
});

const variables = z.object({
  HOST: z.string().min(1).default('0.0.0.0'),
  PORT: z.coerce.number().int().min(1).max(65_535).default(3000),
  INSTANCE: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of letters, digits, ".", "_" and "-"')
    .default(hostname().slice(0, 64)),
  MYSQL_URL: url(/^mysql$/, 'mysql://user:password@host:3306/database').default(
    'mysql://payment:payment@127.0.0.1:3306/payment_race',
  ),
  MYSQL_POOL_MAX: z.coerce.number().int().min(2).max(1000).default(20),
  MYSQL_TIMEOUT_MS: milliseconds.min(1100).default(5000),
  REDIS_URL: redisAddress.default('redis://127.0.0.1:6379'),
  REDLOCK_URLS: redlockUrls.readonly().optional(),
  REDIS_TIMEOUT_MS: milliseconds.min(1).default(500),
  LOCK_MODE: z.enum(lockModeNames).default('none'),
  LOCK_KEY: z.enum(['payment', 'user']).default('payment'),
  LOCK_TTL_MS: milliseconds.min(100).default(10_000),
  LOCK_MAX_HOLD_MS: milliseconds.min(100).optional(),
  LOCK_WAIT_MS: milliseconds.default(2000),
  GATEWAY_MS: milliseconds.default(20),
  GATEWAY_LOST_ANSWERS: z.coerce.number().min(0).max(1).default(0),
  IDEMPOTENCY: z.enum(['optional', 'required']).default('optional'),
  IDEMPOTENCY_LEASE_MS: milliseconds.min(100).default(10_000),
  IDEMPOTENCY_KEEP_HOURS: z.coerce.number().int().min(1).max(8760).default(24),
  SHUTDOWN_MS: milliseconds.default(10_000),
  JOBS: switchedOn.default(true),
  JOBS_LOCK: z.enum(['redis', 'redlock']).default('redis'),
  JOBS_TTL_MS: milliseconds.min(500).default(30_000),
  JOBS_TIME_ZONE: z.string().refine(isTimeZone, 'must be a time zone such as Europe/Berlin').default('UTC'),
  JOBS_CLOCK_OFFSET_MS: z.coerce.number().int().min(-86_400_000).max(86_400_000).default(0),
  RECONCILE_SCHEDULE: cron.default('* * * * *'),
  SYNC_SCHEDULE: cron.default('*/5 * * * *'),
  PRUNE_SCHEDULE: cron.default('17 3 * * *'),
  RECONCILE: z.enum(['report', 'repair']).default('report'),
  RECONCILE_AFTER_MS: milliseconds.min(1).optional(),
  SYNC_URLS: syncUrls.readonly().optional(),
  SYNC_TIMEOUT_MS: milliseconds.min(1).default(5000),
  JOB_RUNS_KEEP_DAYS: z.coerce.number().int().min(1).max(3650).default(30),
  LAB: switchedOn.default(false),
  LAB_HOSTS: hostNames.readonly().default([]),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

type Variables = z.output<typeof variables>;

/** The names of all variables that an instance reads. */
export const variableNames: readonly string[] = Object.keys(variables.shape);

/** @returns how long a request can be in progress by these time limits, in milliseconds. */
function longestRequestOf(config: Variables): number {
  return longestRequestMs({
    lockWaitMs: config.LOCK_WAIT_MS,
    gatewayMs: config.GATEWAY_MS,
    mysqlTimeoutMs: config.MYSQL_TIMEOUT_MS,
    redisTimeoutMs: config.REDIS_TIMEOUT_MS,
    losesAnswers: config.GATEWAY_LOST_ANSWERS > 0,
    lab: config.LAB,
  });
}

/** @returns the minimum age of what the reconcile job judges, in milliseconds. Default: the longest request. */
export function reconcileAfterMs(config: Variables): number {
  return config.RECONCILE_AFTER_MS ?? longestRequestOf(config);
}

/** `proxy_read_timeout` of nginx.conf. */
export const proxyWaitsMs = 35_000;

/** @returns how long one request may work under its guard, and a lock is renewed for it, in milliseconds. */
export function lockMaxHoldMs({ LOCK_MAX_HOLD_MS, LOCK_TTL_MS }: Variables): number {
  return LOCK_MAX_HOLD_MS ?? Math.max(proxyWaitsMs, LOCK_TTL_MS);
}

/** Rules that concern several variables. Checked even if others are invalid, so that every error is reported. */
const environment = variables.superRefine(
  (config, context) => {
    const addError = (variable: string, message: string) =>
      context.addIssue({ code: 'custom', path: [variable], message });
    const needed = lockModeTraits[config.LOCK_MODE]?.needs; // the mode may be an invalid one
    if (needed && config[needed] === undefined) addError('LOCK_MODE', `needs ${needed}, which is not set`);
    if (lockMaxHoldMs(config) < config.LOCK_TTL_MS) {
      addError('LOCK_MAX_HOLD_MS', `must be at least LOCK_TTL_MS, which is ${config.LOCK_TTL_MS}`);
    }
    if (config.JOBS_LOCK === 'redlock' && config.REDLOCK_URLS === undefined) {
      addError('JOBS_LOCK', 'needs REDLOCK_URLS, which is not set');
    }
    if (config.LAB !== false) return;
    // A wrong clock delays jobs, so it is for experiments only.
    if (config.JOBS_CLOCK_OFFSET_MS !== 0) addError('JOBS_CLOCK_OFFSET_MS', 'needs LAB=on');
    if (config.GATEWAY_LOST_ANSWERS > 0) addError('GATEWAY_LOST_ANSWERS', 'needs LAB=on');
    // Outside the lab, the job must not repair a payment that is still in progress.
    const longestMs = longestRequestOf(config);
    if (reconcileAfterMs(config) < longestMs) {
      addError('RECONCILE_AFTER_MS', `must be at least ${longestMs}, the longest that a request can take`);
    }
  },
  { when: () => true },
);

/** An instance's configuration, validated and frozen. Durations are in milliseconds. */
export type Config = Readonly<z.output<typeof environment>>;

/** An invalid environment. The message has one line per variable: its name, what it must be, what it is. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads an instance's configuration. An empty variable counts as not set, because Compose passes on
 * `LOCK_MODE: ${LOCK_MODE:-}`.
 *
 * @throws {ConfigError} naming every invalid variable, not only the first.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environment.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  const lines = parsed.error.issues.map((issue) => {
    const variable = String(issue.path[0]);
    const secret = /_URLS?$/.test(variable); // a URL may hold a password: never print it
    return `  ${variable}: ${issue.message}${secret ? '' : `; it is ${JSON.stringify(given[variable])}`}`;
  });
  throw new ConfigError(`Invalid environment, ${lines.length} error(s):\n${lines.join('\n')}`);
}
