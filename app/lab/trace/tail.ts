import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from '../../redis/connection.ts';
import { withTimeout } from '../../with-timeout.ts';
import { openOwnConnection } from '../own-connection.ts';
import { isAfter } from './ids.ts';
import { entryOf, lastId, pageSize, type TraceEntry } from './read.ts';
import { traceKey } from './sink.ts';

/** Follows the end of the stream over one connection for all listeners of this instance. */
export interface TraceTail {
  /** Whether the stream can be followed; `opening` until that is known, for about two timeouts at most. */
  readonly state: 'opening' | 'up' | 'down';
  /** The id of the newest entry. */
  readonly last: string;
  /** Number of connections so far. Entries added between two connections are not here, whatever {@link after} returns. */
  readonly connections: number;
  /** Increases with every change, for {@link changedSince}. */
  readonly version: number;
  /** @returns the entries after this id; undefined if it is older than what is kept here. */
  after(id: string): readonly TraceEntry[] | undefined;
  /** Resolves once the version has changed, or the signal aborts. */
  changedSince(version: number, signal: AbortSignal): Promise<void>;
  /** Closes the connection and wakes all listeners. */
  close(): void;
}

/** How long one read blocks, in milliseconds: a silent Redis is noticed after that. */
const blockMs = 2000;
/** Number of entries kept for listeners that are slightly behind. */
const keptHere = 1000;
const reconnectMs = 200;

/** The caller closes it. @param redis the connection whose settings to use. */
export function openTail(redis: RedisConnection, timeoutMs: number): TraceTail {
  const closed = new AbortController();
  const waiting = new Set<() => void>();
  let entries: TraceEntry[] = [];
  let start = ''; // `entries` holds everything after this id
  let last = '';
  let state: TraceTail['state'] = 'opening';
  let connections = 0;
  let version = 0;

  function change(): void {
    version += 1;
    for (const wake of waiting) wake();
    waiting.clear();
  }

  function append(more: readonly TraceEntry[]): void {
    entries.push(...more);
    last = entries.at(-1)?.id ?? last;
    const dropped = entries.splice(0, Math.max(0, entries.length - keptHere));
    start = dropped.at(-1)?.id ?? start;
    change();
  }

  /** Starts at the present end of the stream. Listeners that are behind read the rest from Redis. */
  async function startFrom(connection: RedisConnection): Promise<void> {
    last = await lastId(connection, timeoutMs);
    start = last;
    entries = [];
    state = 'up';
    connections += 1;
    change();
  }

  async function follow(connection: RedisConnection): Promise<never> {
    await startFrom(connection);
    for (;;) {
      const read = connection.xread('COUNT', pageSize, 'BLOCK', blockMs, 'STREAMS', traceKey, last);
      const reply = await withTimeout(read, blockMs + timeoutMs, 'Redis');
      const [stream] = reply ?? [];
      if (stream) append(stream[1].map(([id, fields]) => entryOf(id, fields)));
    }
  }

  async function run(): Promise<void> {
    while (!closed.signal.aborted) {
      let connection: RedisConnection | undefined;
      const leave = () => connection?.disconnect(); // ends the read in it
      closed.signal.addEventListener('abort', leave);
      try {
        connection = await openOwnConnection(redis, { silenceMs: blockMs + timeoutMs, timeoutMs, name: 'lab-trace' });
        if (!closed.signal.aborted) await follow(connection);
      } catch {
        state = 'down';
        change();
      } finally {
        closed.signal.removeEventListener('abort', leave);
        connection?.disconnect();
      }
      await sleep(reconnectMs, undefined, { signal: closed.signal }).catch(() => {});
    }
  }
  run();

  return {
    get state() {
      return state;
    },
    get last() {
      return last;
    },
    get connections() {
      return connections;
    },
    get version() {
      return version;
    },
    after(id) {
      if (isAfter(start, id)) return undefined;
      let from = entries.length; // from the end: most listeners are nearly up to date
      while (from > 0 && isAfter(entries[from - 1]?.id ?? start, id)) from -= 1;
      return entries.slice(from);
    },
    changedSince(known, signal) {
      return new Promise((resolve) => {
        if (version !== known || signal.aborted) return resolve();
        const wake = () => {
          signal.removeEventListener('abort', wake);
          waiting.delete(wake);
          resolve();
        };
        signal.addEventListener('abort', wake, { once: true });
        waiting.add(wake);
      });
    },
    close() {
      closed.abort();
      change();
    },
  };
}
