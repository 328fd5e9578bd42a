import type { RedisConnection } from '../../redis/connection.ts';
import { withTimeout } from '../../with-timeout.ts';
import { beforeAll, isAfter } from './ids.ts';
import { traceKey } from './sink.ts';

/** One event of the stream. */
export interface TraceEntry {
  readonly id: string;
  readonly trace: string;
  /** The event as JSON, with its id. */
  readonly json: string;
}

/** @param fields alternating names and values, as Redis returns them. */
export function entryOf(id: string, fields: readonly string[]): TraceEntry {
  const { trace = '', event = '{}' } = Object.fromEntries(
    Array.from({ length: fields.length / 2 }, (_, index) => [fields[2 * index], fields[2 * index + 1]]),
  );
  return { id, trace, json: `{"id":"${id}",${event.slice(1)}` };
}

/** The entries after an id. */
export interface Page {
  readonly entries: readonly TraceEntry[];
  /** True if entries after that id may be missing: trimmed, or lost with a restart of Redis. */
  readonly lost: boolean;
  /** Where to continue. */
  readonly position: string;
}

/** Number of entries per read. */
export const pageSize = 500;

/** Reads the entries after `after`. @throws if Redis does not answer within `timeoutMs`. */
export async function readStream(redis: RedisConnection, after: string, timeoutMs: number): Promise<Page> {
  const transaction = redis.multi().xinfo('STREAM', traceKey).xrange(traceKey, `(${after}`, '+', 'COUNT', pageSize);
  const [info, range] = (await withTimeout(transaction.exec(), timeoutMs, 'Redis')) ?? [];
  const stream = streamOf(info?.[1]);
  // If the id is beyond the end of the stream, it belongs to an earlier stream that Redis lost: all entries are new.
  if (isAfter(after, stream.last)) return { ...(await readStream(redis, beforeAll, timeoutMs)), lost: true };
  const hadOne = after !== beforeAll; // if it is missing, this stream began after it
  const entries = ((range?.[1] ?? []) as [string, string[]][]).map(([id, fields]) => entryOf(id, fields));
  return {
    entries,
    lost: isAfter(stream.first ?? stream.last, after) && (stream.trimmed || (stream.first !== undefined && hadOne)),
    // Do not ask again for trimmed entries.
    position: entries.at(-1)?.id ?? (isAfter(stream.last, after) ? stream.last : after),
  };
}

/** @returns the id of the newest entry ever added. @throws if Redis does not answer in time. */
export async function lastId(redis: RedisConnection, timeoutMs: number): Promise<string> {
  const [info] = (await withTimeout(redis.multi().xinfo('STREAM', traceKey).exec(), timeoutMs, 'Redis')) ?? [];
  return streamOf(info?.[1]).last;
}

interface StreamInfo {
  readonly first: string | undefined;
  readonly last: string;
  readonly trimmed: boolean;
}

/** @param reply to XINFO STREAM; absent if there is no stream yet. */
function streamOf(reply: unknown): StreamInfo {
  if (!Array.isArray(reply)) return { first: undefined, last: beforeAll, trimmed: false };
  const info = new Map<string, unknown>();
  for (let index = 0; index + 1 < reply.length; index += 2) info.set(String(reply[index]), reply[index + 1]);
  const first = info.get('first-entry') as [string] | null;
  return {
    first: first?.[0],
    last: String(info.get('last-generated-id')),
    trimmed: info.get('entries-added') !== info.get('length'), // Redis before 7 does not count them: assume so
  };
}
