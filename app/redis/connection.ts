import { Cluster, type RedisOptions as Options, Redis } from 'ioredis';
import { withTimeout } from '../with-timeout.ts';
import { readRedisUrl } from './url.ts';

export interface RedisOptions {
  /** As {@link readRedisUrl} reads it. */
  readonly url: string;
  /** Of its authorities, if it has TLS; as for {@link readRedisUrl}. */
  readonly ca?: string | undefined;
  readonly timeoutMs: number;
  readonly warn: (message: string) => void;
  /** Before all keys: in braces, it keeps them in one slot of a cluster. */
  readonly keyPrefix?: string;
}

/** A connection to a Redis, or to a cluster of them. */
export type RedisConnection = Redis | Cluster;

const retryStrategy = (attempt: number): number => Math.min(attempt * 50, 500);

/** Minimum time between two reconnects that the client does not make by itself, in milliseconds. */
const reconnectEveryMs = 500;
/** Minimum time between two log lines about that, in milliseconds. */
const warnEveryMs = 60_000;

/**
 * The replies of a server that refuses all writes: a replica, which the master may become in a failover (READONLY,
 * MASTERDOWN, LOADING while it copies the new master), or a master cut off from its replicas (NOREPLICAS). Redis before 7
 * wraps what a script was refused in an error of its own.
 */
const refusesWrites = /^(?:ERR Error running script.*[ :-])?(?:READONLY|MASTERDOWN|LOADING|NOREPLICAS) /s;

/** So many keys lie in every part of a cluster, but for one case in thousands. */
const spreadKeys = Array.from({ length: 16 }, (_, index) => `readyz-${index}`);

/**
 * Finds out whether this connection reaches the servers of all keys. A single server of a cluster has only its own; the
 * connection to it needs a URL with `redis+cluster:`.
 *
 * @throws what the server answered to a key that it does not have.
 */
export async function checkOwnsKeys(redis: RedisConnection, timeoutMs: number): Promise<void> {
  const exists = spreadKeys.map((key) =>
    redis.exists(key).catch((error: Error) => {
      if (!error.message.startsWith('NOPERM')) throw error; // the user needs only what the locks need
    }),
  );
  await withTimeout(Promise.all(exists), timeoutMs, 'Redis');
}

/**
 * Opens a connection for locks. While Redis is down, each command fails at once; the client reconnects by itself. It also
 * reconnects if the server refuses all writes: after a failover, the address may lead to another server.
 *
 * @throws {UrlError}
 */
export function openRedis({ url, ca, timeoutMs, warn, keyPrefix = '' }: RedisOptions): RedisConnection {
  const { connection } = readRedisUrl(url, ca);
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

  const options = {
    // A lock granted after its caller gave up is worse than none: queue nothing, send nothing twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: timeoutMs,
    // Replace a connection on which commands stay unanswered. If the peer is gone without a FIN (a dead host, a
    // partition), TCP would take about 15 minutes to notice.
    socketTimeout: 2 * timeoutMs,
    retryStrategy,
    reconnectOnError: mustReconnect,
  } satisfies Options;
  const redis = open();
  let up = true; // log each change once, not each attempt
  const onLost = (message: string) => {
    if (up) warn(`Redis unavailable: ${message}`);
    up = false;
  };
  // A cluster names what one of its servers said.
  redis.on('error', (error: Error & { readonly lastNodeError?: Error }) =>
    onLost((error.lastNodeError ?? error).message),
  );
  if (redis instanceof Cluster) redis.on('reconnecting', () => onLost('the cluster was lost')); // without an error
  redis.on('ready', () => {
    if (!up) warn('Redis available again');
    up = true;
  });
  return redis;

  // ioredis's own options, spread, do not fit its constructors with exactOptionalPropertyTypes: they are objects here.
  function open(): RedisConnection {
    if (!('startNodes' in connection)) {
      return new Redis({ ...(connection as object), ...options, keyPrefix, sentinelCommandTimeout: timeoutMs });
    }
    const { startNodes, redisOptions } = connection;
    const cluster = new Cluster([...startNodes], {
      keyPrefix,
      enableOfflineQueue: false,
      retryDelayOnFailover: 0, // a command whose connection was lost fails
      retryDelayOnClusterDown: 0,
      clusterRetryStrategy: retryStrategy,
      slotsRefreshTimeout: timeoutMs / 3, // of each server that may know the slots: one may be frozen
      // Otherwise, one name that cannot be resolved keeps it from all others; and a certificate names hosts.
      dnsLookup: (address, found) => found(null, address),
      redisOptions: { ...(redisOptions as object), connectTimeout: timeoutMs, socketTimeout: 2 * timeoutMs },
    });
    // Without a queue, a command does not wait until a server is connected, so each is connected at once. But only when the
    // client is ready: before, ioredis checks the cluster, and refuses to ask a server that is still connecting.
    const connectTo = (node: Redis) =>
      cluster.status === 'ready' && node.status === 'wait' && node.connect().catch(() => {});
    cluster.on('+node', connectTo);
    cluster.on('ready', () => cluster.nodes().forEach(connectTo));
    // If an old connection ends while the client connects again, ioredis leaves it closed for good. It also emits `close` for
    // each connection that ends after its owner has closed it.
    const isClosedByOwner = () => (cluster as unknown as { manuallyClosing: boolean }).manuallyClosing;
    cluster.on('close', () => {
      const again = () => cluster.status === 'close' && !isClosedByOwner() && cluster.connect().catch(() => {});
      setTimeout(again, reconnectEveryMs).unref();
    });
    return cluster;
  }
}
