import { Cluster } from 'ioredis';
import type { RedisConnection } from '../redis/connection.ts';
import { withTimeout } from '../with-timeout.ts';

export interface OwnConnectionOptions {
  /** How long it may stay without an answer before it is closed, in milliseconds. */
  readonly silenceMs: number;
  /** How long opening may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Its name in `CLIENT LIST`. */
  readonly name: string;
}

/**
 * Opens a dedicated connection for blocking commands. The caller closes it; it does not reconnect.
 *
 * @param like the connection whose settings to use.
 * @throws if it cannot be opened in time.
 */
export async function openOwnConnection(
  like: RedisConnection,
  { silenceMs, timeoutMs, name }: OwnConnectionOptions,
): Promise<RedisConnection> {
  const options = { socketTimeout: silenceMs, connectionName: name };
  const connection =
    like instanceof Cluster
      ? like.duplicate(nodesOf(like), {
          lazyConnect: true,
          clusterRetryStrategy: () => null,
          redisOptions: { ...(like.options.redisOptions as object), ...options },
        })
      : like.duplicate({ lazyConnect: true, retryStrategy: () => null, ...options });
  connection.on('error', () => {}); // also rejects connect()
  try {
    await withTimeout(connection.connect(), timeoutMs, 'Redis');
    return connection;
  } catch (error) {
    connection.disconnect();
    throw error;
  }
}

/** @returns the servers of the cluster as it is now: those that its URL names may be gone. */
const nodesOf = (cluster: Cluster) =>
  cluster.nodes().flatMap(({ options: { host, port } }) => (host && port ? [{ host, port }] : []));
