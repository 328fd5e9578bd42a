import { Redis } from 'ioredis';

export interface RedisOptions {
  readonly url: string;
  readonly timeoutMs: number;
  readonly warn: (message: string) => void;
}

/** A connection for locks. While Redis is away each command fails at once; it reconnects by itself. */
export function openRedis({ url, timeoutMs, warn }: RedisOptions): Redis {
  const redis = new Redis(url, {
    // A lock that is granted after its caller has given up is worse than none: queue nothing, send nothing twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: timeoutMs,
    // A connection on which commands stay unanswered is given up for a new one: where its peer is gone without a word (a
    // dead host, a partition), TCP itself would take a quarter of an hour to notice.
    socketTimeout: 2 * timeoutMs,
    retryStrategy: (attempt) => Math.min(attempt * 50, 500),
  });
  let up = true; // one line when it goes away, one when it is back, and not one for every attempt
  redis.on('error', (error: Error) => {
    if (up) warn(`Redis cannot be used: ${error.message}`);
    up = false;
  });
  redis.on('ready', () => {
    if (!up) warn('Redis can be used again');
    up = true;
  });
  return redis;
}
