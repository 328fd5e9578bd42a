import type { Logger } from 'pino';
import { z } from 'zod';
import { pause } from '../../pause.ts';
import type { RedisConnection } from '../../redis/connection.ts';
import type { DistributedLock, Lease, Runtime, Timer } from '../../redis-lock/index.ts';
import { withTimeout } from '../../with-timeout.ts';
import type { JobListener } from '../listener.ts';

/** The leader, as published to every instance. */
export const leaderInfoSchema = z.object({
  instance: z.string(),
  token: z.string().describe('The fencing token of the term, in decimal; it increases with each term.'),
  since: z.iso.datetime(),
});
type LeaderInfo = z.output<typeof leaderInfoSchema>;

/** A period in which this instance is the leader. */
interface Term {
  /** Aborts when the term ends. */
  readonly signal: AbortSignal;
}

/** Takes part in the election of one leader at a time. */
export interface Leader {
  /**
   * @returns this instance's term; undefined if it is not the leader. By this process's monotonic clock, the term ends
   *   before any other instance can lead.
   */
  term(): Term | undefined;
  /** @returns the leader that published itself within its TTL; undefined if there is none, or Redis is down. */
  current(): Promise<LeaderInfo | undefined>;
  /** Takes part in elections until stopped. */
  start(): void;
  /** Gives up leadership at once, so that the next leader need not wait for the TTL. */
  stop(): Promise<void>;
}

export interface LeaderOptions {
  /** Must extend its leases automatically, without a limit. */
  readonly lock: DistributedLock;
  readonly ttlMs: number;
  /** The lock's key; default `JOBS_LEADER`. */
  readonly key?: string;
  /** Where the leader publishes itself. */
  readonly redis: RedisConnection;
  readonly redisTimeoutMs: number;
  readonly instance: string;
  readonly runtime: Runtime;
  readonly log: Logger;
  readonly listener?: JobListener;
}

/** How long a candidate waits in the lock's queue before it asks again, in milliseconds. */
const waitMs = 30_000;
const retryMs = 500;

export function createLeader(options: LeaderOptions): Leader {
  const { lock, ttlMs, key = 'JOBS_LEADER', redis, redisTimeoutMs, instance, runtime, log } = options;
  const { listener = {} } = options;
  const infoKey = `${key}_IS`;
  const stopping = new AbortController();
  let leading: { lease: Lease; term: Term } | undefined;
  let campaign: Promise<void> | undefined;

  const term = () => (leading && leading.lease.validForMs() > 0 ? leading.term : undefined);

  async function takePart(): Promise<void> {
    const { signal } = stopping;
    let warned = false;
    while (!signal.aborted) {
      const acquisition = await lock.acquire(key, { waitMs, signal });
      const isUnavailable = acquisition.outcome === 'unavailable';
      if (isUnavailable && !warned)
        log.warn({ err: acquisition.cause }, 'Cannot take part in the leader election, retrying');
      warned = isUnavailable;
      if (acquisition.outcome === 'acquired') await lead(acquisition.lease);
      else if (isUnavailable) await pause(runtime, retryMs, signal);
    }
  }

  async function lead(lease: Lease): Promise<void> {
    const token = String(lease.token);
    const over = new AbortController();
    leading = { lease, term: over };
    log.info({ token }, 'Became the leader');
    listener.onLeader?.(true);
    const info: LeaderInfo = { instance, token, since: new Date(runtime.wallClock()).toISOString() };
    let timer: Timer | undefined;
    const publish = () => {
      if (term()) void answered(redis.set(infoKey, JSON.stringify(info), 'PX', ttlMs)).catch(() => {});
      timer = runtime.setTimer(publish, ttlMs / 3);
    };
    publish();
    await firstAbort(lease.signal, stopping.signal);
    runtime.clearTimer(timer);
    leading = undefined;
    over.abort(); // before the next term can begin
    listener.onLeader?.(false);
    // While this instance holds the lock, no other publishes itself, so this deletes its own entry.
    if (lease.validForMs() > 0) await answered(redis.del(infoKey)).catch(() => {});
    const released = await lease.release();
    log.info({ token }, released === 'released' ? 'Gave up leadership' : 'Lost leadership');
  }

  function answered<T>(command: Promise<T>): Promise<T> {
    return withTimeout(command, redisTimeoutMs, 'Redis');
  }

  return {
    term,
    async current() {
      const info = await answered(redis.get(infoKey)).catch(() => null);
      return info === null ? undefined : (JSON.parse(info) as LeaderInfo);
    },
    start() {
      campaign ??= takePart().catch((error: unknown) => log.error({ err: error }, 'Leader election stopped'));
    },
    async stop() {
      stopping.abort();
      await campaign;
    },
  };
}

/** Resolves when one of the signals aborts. Removes its listeners: one signal lives as long as the instance. */
function firstAbort(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const onAbort = () => {
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
      resolve();
    };
    for (const signal of signals) signal.addEventListener('abort', onAbort);
    if (signals.some(({ aborted }) => aborted)) onAbort();
  });
}
