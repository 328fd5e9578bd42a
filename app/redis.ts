import { type RedisOptions as Options, Redis } from 'ioredis';
import { readRedisUrl } from './redis-url.ts';

export interface RedisOptions {
  /** As {@link readRedisUrl} reads it. */
  readonly url: string;
  readonly timeoutMs: number;
  readonly warn: (message: string) => void;
}

/** Minimum time between two reconnects because the server refuses writes, in milliseconds. */
const reconnectEveryMs = 500;
/** Minimum time between two log lines about that, in milliseconds. */
const warnEveryMs = 60_000;

/**
 * The replies of a server that refuses all writes: a replica, which the master may become in a failover (READONLY,
 * MASTERDOWN, LOADING while it copies the new master), or a master cut off from its replicas (NOREPLICAS). Redis before 7
 * wraps what a script was refused in an error of its own.
 */
const refusesWrites = /^(?:ERR Error running script.*[ :-])?(?:READONLY|MASTERDOWN|LOADING|NOREPLICAS) /s;

/**
 * Opens a connection for locks. While Redis is down, each command fails at once; the client reconnects by itself. It also
 * reconnects if the server refuses all writes: after a failover, the address may lead to another server.
 *
 * @throws {TypeError} for a URL that it cannot read.
 */
export function openRedis({ url, timeoutMs, warn }: RedisOptions): Redis {
  const address = readRedisUrl(url);
  if (!address) throw new TypeError('the URL of a Redis is malformed'); // it may hold a password: do not show it
  let reconnectedAt = Number.NEGATIVE_INFINITY;
  let warnedAt = Number.NEGATIVE_INFINITY;

  /** Limited in rate: the address may lead to the same server for long, and many commands may be refused at once. */
  function mustReconnect({ message }: Error): boolean {
    const now = performance.now();
    if (!refusesWrites.test(message) || now - reconnectedAt < reconnectEveryMs) return false;
    reconnectedAt = now;
    if (now - warnedAt >= warnEveryMs) {
      warnedAt = now;
      warn(`Redis refuses writes, reconnecting: ${message}`);
    }
    return true;
  }

  const { connection } = address;
  const options = {
    // A lock granted after its caller gave up is worse than none: queue nothing, send nothing twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: timeoutMs,
    // Replace a connection on which commands stay unanswered. If the peer is gone without a FIN (a dead host, a
    // partition), TCP would take about 15 minutes to notice.
    socketTimeout: 2 * timeoutMs,
    retryStrategy: (attempt) => Math.min(attempt * 50, 500),
    reconnectOnError: mustReconnect,
  } satisfies Options;
  const redis =
    typeof connection === 'string'
      ? new Redis(connection, options)
      : // As an object: ioredis's own options, spread, do not fit its constructor with exactOptionalPropertyTypes.
        new Redis({ ...(connection as object), ...options, sentinelCommandTimeout: timeoutMs });
  let up = true; // log each change once, not each attempt
  redis.on('error', (error: Error) => {
    if (up) warn(`Redis unavailable: ${error.message}`);
    up = false;
  });
  redis.on('ready', () => {
    if (!up) warn('Redis available again');
    up = true;
  });
  return redis;
}
