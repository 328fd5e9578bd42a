import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { pause } from '../../pause.ts';
import type { DistributedLock, Lease, Runtime, Timer } from '../../redis-lock/index.ts';
import { withTimeout } from '../../with-timeout.ts';
import type { JobListener } from '../listener.ts';

/** Who leads, as every instance may know. */
export interface LeaderNews {
  readonly instance: string;
  /** The fencing token of its term: greater with each. */
  readonly token: string;
  readonly since: string;
}

/** This instance leads, for as long as this lasts. */
interface Term {
  /** Aborts when it ends: lost, or given up. */
  readonly signal: AbortSignal;
}

/** One instance's part in there being one leader at a time. */
export interface Leader {
  /**
   * @returns the term of this instance; undefined when it does not lead. By this process's monotonic clock, it is over
   *   before anybody else can lead.
   */
  term(): Term | undefined;
  /** @returns who leads, by what the leader itself has said within its TTL; undefined when there is none, or Redis is away. */
  current(): Promise<LeaderNews | undefined>;
  /** Stands for election, again and again. */
  start(): void;
  /** Gives the lead up at once, so that the next one has it without waiting for the TTL. */
  stop(): Promise<void>;
}

export interface LeaderOptions {
  /** Renews its leases by itself, without an end. */
  readonly lock: DistributedLock;
  readonly ttlMs: number;
  /** The lock's; default `JOBS_LEADER`. */
  readonly key?: string;
  /** Where the leader says who it is. */
  readonly redis: Redis;
  readonly redisTimeoutMs: number;
  readonly instance: string;
  readonly runtime: Runtime;
  readonly log: Logger;
  readonly listener?: JobListener;
}

/** Who stands for election waits in the lock's queue, and looks up from it now and then. */
const waitMs = 30_000;
const retryMs = 500;

export function createLeader(options: LeaderOptions): Leader {
  const { lock, ttlMs, key = 'JOBS_LEADER', redis, redisTimeoutMs, instance, runtime, log } = options;
  const { listener = {} } = options;
  const newsKey = `${key}_IS`;
  const stopping = new AbortController();
  let leading: { lease: Lease; term: Term } | undefined;
  let standing: Promise<void> | undefined;

  const term = () => (leading && leading.lease.validForMs() > 0 ? leading.term : undefined);

  async function stand(): Promise<void> {
    const { signal } = stopping;
    while (!signal.aborted) {
      const acquisition = await lock.acquire(key, { waitMs, signal });
      if (acquisition.outcome === 'acquired') await lead(acquisition.lease);
      else if (acquisition.outcome === 'unavailable') await pause(runtime, retryMs, signal);
    }
  }

  async function lead(lease: Lease): Promise<void> {
    const token = String(lease.token);
    const over = new AbortController();
    leading = { lease, term: over };
    log.info({ token }, 'Became the leader');
    listener.onLeader?.(true);
    const news: LeaderNews = { instance, token, since: new Date(runtime.wallClock()).toISOString() };
    let saying: Timer | undefined;
    const say = () => {
      if (term()) void answered(redis.set(newsKey, JSON.stringify(news), 'PX', ttlMs)).catch(() => {});
      saying = runtime.setTimer(say, ttlMs / 3);
    };
    say();
    await firstAbort(lease.signal, stopping.signal);
    runtime.clearTimer(saying);
    leading = undefined;
    over.abort(); // before the next one can begin
    listener.onLeader?.(false);
    // While the lock is still ours nobody else says anything, so that what is deleted is our own.
    if (lease.validForMs() > 0) await answered(redis.del(newsKey)).catch(() => {});
    const released = await lease.release();
    log.info({ token }, released === 'released' ? 'Gave the lead up' : 'Lost the lead');
  }

  function answered<T>(command: Promise<T>): Promise<T> {
    return withTimeout(command, redisTimeoutMs, 'Redis');
  }

  return {
    term,
    async current() {
      const news = await answered(redis.get(newsKey)).catch(() => null);
      return news === null ? undefined : (JSON.parse(news) as LeaderNews);
    },
    start() {
      standing ??= stand().catch((error: unknown) => log.error({ err: error }, 'This instance cannot lead any more'));
    },
    async stop() {
      stopping.abort();
      await standing;
    },
  };
}

/** Resolves when one of them aborts. Leaves no listener behind: one of the signals lives as long as the instance. */
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
