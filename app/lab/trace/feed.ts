import type { RedisConnection } from '../../redis/connection.ts';
import { readStream, type TraceEntry } from './read.ts';
import { openTail, type TraceTail } from './tail.ts';

/** The next item for a listener. */
type TraceNews =
  /** `lost`: entries before these may be missing. */
  { what: 'entries'; entries: readonly TraceEntry[]; lost: boolean } | { what: 'redis'; state: 'up' | 'down' };

/** A listener's position in the stream. It pulls entries at its own pace: a slow one delays no other and buffers nothing. */
export interface TraceListener {
  /** The id of the last entry received; undefined until the end of the stream is known. */
  readonly position: string | undefined;
  /** Resolves once the starting position is known, or Redis is found unreachable. */
  ready(signal: AbortSignal): Promise<void>;
  /** Waits for the next item. @returns undefined once the signal aborts. */
  next(signal: AbortSignal): Promise<TraceNews | undefined>;
  leave(): void;
}

export interface TraceFeed {
  /** @param after where to continue; default: from now on. The caller calls `leave`. */
  listen(after?: string): TraceListener;
}

/** How long to wait before asking Redis again after a failure, in milliseconds. */
const retryMs = 200;

/**
 * Distributes the trace to this instance's listeners over one connection to Redis, open while there is a listener.
 *
 * @param redis for reading entries that are older than the tail.
 */
export function createTraceFeed(redis: RedisConnection, timeoutMs: number): TraceFeed {
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

function listenTo(tail: TraceTail, redis: RedisConnection, timeoutMs: number, after: string | undefined) {
  let position = after;
  let announced: 'up' | 'down' = 'up';
  /** The tail's connection at which `position` was current. */
  let joined = 0;

  /** Starts a listener without a position at the end of the stream. */
  function begin(): void {
    if (position !== undefined || tail.state !== 'up') return;
    position = tail.last;
    joined = tail.connections;
  }

  /** Reads entries older than the tail from Redis. @throws if it does not answer. */
  async function catchUp(from: string): Promise<TraceNews | undefined> {
    const connection = tail.connections;
    const page = await readStream(redis, from, timeoutMs);
    position = page.position;
    joined = connection;
    return page.entries.length > 0 || page.lost
      ? { what: 'entries', entries: page.entries, lost: page.lost }
      : undefined;
  }

  /** @returns the next item; undefined if there is none yet. */
  async function news(): Promise<TraceNews | undefined> {
    if (tail.state !== 'opening' && tail.state !== announced) {
      announced = tail.state;
      return { what: 'redis', state: announced };
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
