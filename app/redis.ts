import { Redis } from 'ioredis';

export interface RedisOptions {
  readonly url: string;
  readonly timeoutMs: number;
  readonly warn: (message: string) => void;
}

/** Between two connections that are given up because the server refuses all writes, in ms. */
const leaveEveryMs = 500;
/** Between two lines about that in the log, in ms. */
const warnEveryMs = 60_000;

/**
 * The replies of a server that takes no writes at all: a replica, which a failover may have made of the master
 * (READONLY, MASTERDOWN, LOADING while it copies its new master), or a master cut off from its replicas (NOREPLICAS).
 * Redis before 7 puts what a script was refused into an error of its own.
 */
const refusesWrites = /^(?:ERR Error running script.*[ :-])?(?:READONLY|MASTERDOWN|LOADING|NOREPLICAS) /s;

/**
 * A connection for locks. While Redis is away each command fails at once; it reconnects by itself. So it does when the
 * server refuses all writes: only a new connection finds out that the address leads to another one by now.
 */
export function openRedis({ url, timeoutMs, warn }: RedisOptions): Redis {
  let leftAt = Number.NEGATIVE_INFINITY;
  let warnedAt = Number.NEGATIVE_INFINITY;

  /** Bounded in rate: the address may go on leading to the same server for long, and many commands be refused at once. */
  function isToLeave({ message }: Error): boolean {
    const now = performance.now();
    if (!refusesWrites.test(message) || now - leftAt < leaveEveryMs) return false;
    leftAt = now;
    if (now - warnedAt >= warnEveryMs) {
      warnedAt = now;
      warn(`Redis refuses writes, reconnecting: ${message}`);
    }
    return true;
  }

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
    reconnectOnError: isToLeave,
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
