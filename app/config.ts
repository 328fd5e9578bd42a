import { hostname } from 'node:os';
import { z } from 'zod';
import { readMysqlAddress } from './database/mysql-url.ts';
import { findUnknown } from './environment/unknown.ts';
import { type Problem, readValues } from './environment/value-files.ts';
import {
  cron,
  hostNames,
  milliseconds,
  pem,
  redisUrl,
  redlockUrls,
  switchedOn,
  syncUrls,
  timeZone,
} from './environment/value-types.ts';
import { lockModeNames, lockModeTraits } from './lock-modes/registry.ts';
import { longestRequestMs } from './payments/longest-request.ts';
import { messageOf } from './thrown.ts';

const variables = z.object({
  HOST: z.string().min(1).default('0.0.0.0'),
  PORT: z.coerce.number().int().min(1).max(65_535).default(3000),
  INSTANCE: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of letters, digits, ".", "_" and "-"')
    .default(hostname().slice(0, 64)),
  MYSQL_URL: z.string().trim().default('mysql://payment:payment@127.0.0.1:3306/payment_race'),
  MYSQL_PASSWORD: z.string().optional(),
  MYSQL_CA: pem.optional(),
  MIGRATE: switchedOn.default(true),
  MYSQL_POOL_MAX: z.coerce.number().int().min(2).max(1000).default(20),
  MAX_IN_FLIGHT: z.coerce.number().int().min(1).max(100_000).optional(),
  MYSQL_TIMEOUT_MS: milliseconds.min(1100).default(5000),
  REDIS_URL: redisUrl.default('redis://127.0.0.1:6379'),
  REDIS_CA: pem.optional(),
  REDLOCK_URLS: redlockUrls.optional(),
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
  DRAIN_MS: milliseconds.default(500),
  SHUTDOWN_MS: milliseconds.default(10_000),
  JOBS: switchedOn.default(true),
  JOBS_LOCK: z.enum(['redis', 'redlock']).default('redis'),
  JOBS_TTL_MS: milliseconds.min(500).default(30_000),
  JOBS_TIME_ZONE: timeZone.default('UTC'),
  JOBS_CLOCK_OFFSET_MS: z.coerce.number().int().min(-86_400_000).max(86_400_000).default(0),
  RECONCILE_SCHEDULE: cron.default('* * * * *'),
  SYNC_SCHEDULE: cron.default('*/5 * * * *'),
  PRUNE_SCHEDULE: cron.default('17 3 * * *'),
  RECONCILE: z.enum(['report', 'repair']).default('report'),
  RECONCILE_AFTER_MS: milliseconds.min(1).optional(),
  SYNC_URLS: syncUrls.optional(),
  SYNC_TIMEOUT_MS: milliseconds.min(1).default(5000),
  JOB_RUNS_KEEP_DAYS: z.coerce.number().int().min(1).max(3650).default(30),
  LAB: switchedOn.default(false),
  LAB_HOSTS: hostNames.default([]),
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

/**
 * @returns how many payments an instance works on at once. With more, each would wait for a connection longer than the
 *   database may take, some of them after their charge.
 */
export function maxInFlight({ MAX_IN_FLIGHT, MYSQL_POOL_MAX }: Variables): number {
  return MAX_IN_FLIGHT ?? 10 * MYSQL_POOL_MAX;
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
    try {
      readMysqlAddress({ url: config.MYSQL_URL, password: config.MYSQL_PASSWORD, ca: config.MYSQL_CA });
    } catch (error) {
      addError('MYSQL_URL', messageOf(error));
    }
    const redisUrls = [config.REDIS_URL, ...[config.REDLOCK_URLS ?? []].flat()];
    if (config.REDIS_CA !== undefined && !redisUrls.some((text) => /^rediss/i.test(text))) {
      addError('REDIS_CA', 'needs a URL with TLS, rediss:, in REDIS_URL or REDLOCK_URLS');
    }
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

/** An invalid environment. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** Of each variable: what it must be, and what it is, unless that may be a secret. */
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ variable, message }) => `  ${variable}: ${message}`);
    super(`Invalid environment, ${problems.length} error(s):\n${lines.join('\n')}`);
    this.problems = problems;
  }
}

/** May hold a password, or is long: never printed. */
const isUnprintable = (variable: string) => /_(URLS?|PASSWORD|CA)$/.test(variable);

/**
 * Reads an instance's configuration. `NAME_FILE` is a file with the value of `NAME`: see {@link readValues}.
 *
 * @throws {ConfigError} naming every invalid variable, not only the first, and those that are misspelt.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const { values, problems } = readValues(env, variableNames);
  for (const [variable, meant] of findUnknown(env, variableNames).misspelt) {
    problems.push({ variable, message: `is unknown: ${meant} is meant` });
  }
  const parsed = environment.safeParse(values);
  for (const { path, message } of parsed.error?.issues ?? []) {
    const variable = String(path[0]);
    const isShown = !isUnprintable(variable) && env[variable] !== undefined;
    problems.push({ variable, message: isShown ? `${message}; it is ${JSON.stringify(env[variable])}` : message });
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(parsed.data);
}
