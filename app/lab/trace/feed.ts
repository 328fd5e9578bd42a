import type { Redis } from 'ioredis';
import { readStream, type TraceEntry } from './read.ts';
import { openTail, type TraceTail } from './tail.ts';

/** What a listener is told next. */
type TraceNews =
  /** `lost`: before these, some may have gone that it has not seen. */
  { what: 'entries'; entries: readonly TraceEntry[]; lost: boolean } | { what: 'redis'; state: 'up' | 'down' };

/** One listener's place in the stream. It takes what comes next when it can: who is slow keeps nobody up, and no memory. */
export interface TraceListener {
  /** What it has been given, by the last id; undefined until it is known where the stream ends. */
  readonly position: string | undefined;
  /** Resolves when it is known where the listener begins, or that Redis cannot be reached. */
  ready(signal: AbortSignal): Promise<void>;
  /** Waits for what comes next. @returns undefined when the signal has aborted. */
  next(signal: AbortSignal): Promise<TraceNews | undefined>;
  leave(): void;
}

export interface TraceFeed {
  /** @param after where to read on; without it, from now on. Whoever listens leaves. */
  listen(after?: string): TraceListener;
}

/** When to ask Redis again after it did not answer, if nothing is heard of it before. */
const retryMs = 200;

/**
 * Hands the trace on to the listeners of this instance, from one connection to Redis that is there while anybody listens.
 *
 * @param redis for what a listener reads that is further back.
 */
export function createTraceFeed(redis: Redis, timeoutMs: number): TraceFeed {
  let shared: { tail: TraceTail; listeners: number } | undefined;

  return {
    listen(after) {
      shared ??= { tail: openTail(redis, timeoutMs), listeners: 0 };
      const own = shared;
      own.listeners += 1;
      let left = false;
      return Object.assign(listenTo(own.tail, redis, timeoutMs, after), {
        leave() {
          if (left) return;
          left = true;
          own.listeners -= 1;
          if (own.listeners > 0) return;
          own.tail.close();
          if (shared === own) shared = undefined;
        },
      });
    },
  };
}

function listenTo(tail: TraceTail, redis: Redis, timeoutMs: number, after: string | undefined) {
  let position = after;
  let told: 'up' | 'down' = 'up';
  /** The tail's connection at which the stream was known to have come as far as `position`. */
  let joined = 0;

  /** Who has not said where to begin begins here. */
  function begin(): void {
    if (position !== undefined || tail.state !== 'up') return;
    position = tail.last;
    joined = tail.connections;
  }

  /** Reads from Redis what is further back than the tail. @throws when it does not answer. */
  async function catchUp(from: string): Promise<TraceNews | undefined> {
    const connection = tail.connections;
    const page = await readStream(redis, from, timeoutMs);
    position = page.position;
    joined = connection;
    return page.entries.length > 0 || page.lost
      ? { what: 'entries', entries: page.entries, lost: page.lost }
      : undefined;
  }

  /** @returns what the listener has not been told yet; undefined when there is nothing for now. */
  async function news(): Promise<TraceNews | undefined> {
    if (tail.state !== 'opening' && tail.state !== told) {
      told = tail.state;
      return { what: 'redis', state: told };
    }
    begin();
    if (position === undefined || tail.state !== 'up') return undefined;
    const entries = joined === tail.connections ? tail.after(position) : undefined;
    if (!entries) return catchUp(position);
    const last = entries.at(-1);
    if (!last) return undefined;
    position = last.id;
    return { what: 'entries', entries, lost: false };
  }

  return {
    get position() {
      return position;
    },
    async ready(signal: AbortSignal): Promise<void> {
      while (tail.state === 'opening' && !signal.aborted) await tail.changedSince(tail.version, signal);
      begin();
    },
    async next(signal: AbortSignal): Promise<TraceNews | undefined> {
      while (!signal.aborted) {
        const { version } = tail;
        let until = signal;
        try {
          const found = await news();
          if (found) return found;
        } catch {
          until = AbortSignal.any([signal, AbortSignal.timeout(retryMs)]);
        }
        await tail.changedSince(version, until);
      }
      return undefined;
    },
  };
}
