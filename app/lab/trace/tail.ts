import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { withTimeout } from '../../with-timeout.ts';
import { openOwnConnection } from '../own-connection.ts';
import { isAfter } from './ids.ts';
import { entryOf, lastId, pageSize, type TraceEntry } from './read.ts';
import { traceKey } from './sink.ts';

/** The stream's end, followed as it grows on one connection for all who listen at this instance. */
export interface TraceTail {
  /** Whether Redis can be followed; `opening` until that is known, for about two timeouts at most. */
  readonly state: 'opening' | 'up' | 'down';
  /** The newest entry that is known here. */
  readonly last: string;
  /** Counts the connections: what came while there was none is not here, whatever {@link after} says. */
  readonly connections: number;
  /** Grows with every change of the above, for {@link changedSince}. */
  readonly version: number;
  /** @returns the entries after this one; undefined when that is further back than what is kept here. */
  after(id: string): readonly TraceEntry[] | undefined;
  /** Resolves once the version is another one, or the signal aborts. */
  changedSince(version: number, signal: AbortSignal): Promise<void>;
  /** Gives the connection up, and wakes everybody. */
  close(): void;
}

/** How long one read blocks when nothing comes: a Redis that has fallen silent is noticed after that. */
const blockMs = 2000;
/** How many entries are kept for those who are a little behind. */
const keptHere = 1000;
const reconnectMs = 200;

/** Whoever opens it closes it. @param redis lent for its settings. */
export function openTail(redis: Redis, timeoutMs: number): TraceTail {
  const closed = new AbortController();
  const waiting = new Set<() => void>();
  let entries: TraceEntry[] = [];
  let start = ''; // the entries here are all there are after this one
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

  /** Starts over from where the stream ends now: those who have seen less read the rest from Redis. */
  async function startFrom(connection: Redis): Promise<void> {
    last = await lastId(connection, timeoutMs);
    start = last;
    entries = [];
    state = 'up';
    connections += 1;
    change();
  }

  async function follow(connection: Redis): Promise<never> {
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
      let connection: Redis | undefined;
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
      let from = entries.length; // from the end, as most have seen nearly all of it
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
