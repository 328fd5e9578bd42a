import { GlideClient, GlideClusterClient, Logger } from '@valkey/valkey-glide';
import { Cluster } from 'ioredis';
import { createClient, createCluster } from 'redis';
import { vi } from 'vitest';
import { openRedis } from '../../app/redis/connection.ts';
import { glideClient } from '../../app/redis-lock/adapters/glide.ts';
import { nodeRedisClient } from '../../app/redis-lock/adapters/node-redis.ts';
import type { createRedisLock, LockClient } from '../../app/redis-lock/index.ts';
import { inTime } from './leases.ts';
import type { Address } from './redis-cluster.ts';

/** A connection of a client library, ready for use, and the lock's client on it. */
interface OpenClient {
  readonly client: Parameters<typeof createRedisLock>[0];
  ping(): Promise<unknown>;
  close(): void;
}

const requestTimeout = 60_000;

Logger.setLoggerConfig('off'); // it reports each error that the tests want

async function openIoredis(url: string): Promise<OpenClient> {
  const redis = openRedis({ url, timeoutMs: requestTimeout, warn: () => {} });
  return { client: redis, ping: () => redis.ping(), close: () => redis.disconnect() };
}

async function openNodeRedis(url: string): Promise<OpenClient> {
  const redis = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: 50 } });
  redis.on('error', () => {}); // tests kill connections
  await redis.connect();
  const client: LockClient = nodeRedisClient(redis);
  return { client, ping: () => redis.ping(), close: () => redis.destroy() };
}

async function openGlide(url: string): Promise<OpenClient> {
  const { hostname: host, port, username, password } = new URL(url);
  const addresses = [{ host, port: Number(port) }];
  const credentials = username ? { username, password } : undefined;
  const open = () => GlideClient.createClient({ addresses, requestTimeout, ...(credentials && { credentials }) });
  const redis = await open();
  return { client: glideClient(redis, open), ping: () => redis.ping(), close: () => redis.close() };
}

/** Every client library that the lock has an adapter for. */
export const clients: readonly { readonly library: string; open(url: string): Promise<OpenClient> }[] = [
  { library: 'ioredis', open: openIoredis },
  { library: 'redis', open: openNodeRedis },
  { library: '@valkey/valkey-glide', open: openGlide },
];

/** Of an ACL. */
export interface User {
  readonly username: string;
  readonly password: string;
}

async function openIoredisCluster(addresses: Address[], user?: User): Promise<OpenClient> {
  const options = { lazyConnect: true, clusterRetryStrategy: () => 50, redisOptions: { ...user } };
  const redis = new Cluster(addresses, options);
  redis.on('error', () => {});
  await redis.connect();
  return { client: redis, ping: () => redis.ping(), close: () => redis.disconnect() };
}

async function openNodeRedisCluster(addresses: Address[], user?: User): Promise<OpenClient> {
  const redis = createCluster({
    rootNodes: addresses.map(({ host, port }) => ({ url: `redis://${host}:${port}` })),
    // A frozen server closes no connection: only a PING that is not answered says that a replica may have taken over.
    defaults: {
      ...user,
      disableOfflineQueue: true,
      pingInterval: 500,
      socket: { reconnectStrategy: 50, socketTimeout: 5000 },
    },
    topologyRefreshOnReconnectionAttemptStrategy: 50,
  });
  redis.on('error', () => {});
  await redis.connect();
  return { client: nodeRedisClient(redis), ping: () => redis.ping(), close: () => redis.destroy() };
}

async function openGlideCluster(addresses: Address[], user?: User): Promise<OpenClient> {
  const open = () => GlideClusterClient.createClient({ addresses, requestTimeout, ...(user && { credentials: user }) });
  const redis = await open();
  return { client: glideClient(redis, open), ping: () => redis.ping(), close: () => redis.close() };
}

interface ClusterLibrary {
  readonly library: string;
  open(addresses: Address[], user?: User): Promise<OpenClient>;
}

/** The same libraries' clients of a cluster. */
export const clusterClients: readonly ClusterLibrary[] = [
  { library: 'ioredis', open: openIoredisCluster },
  { library: 'redis', open: openNodeRedisCluster },
  { library: '@valkey/valkey-glide', open: openGlideCluster },
];

/** Resolves when the connection answers again. */
export const recovered = ({ ping }: OpenClient): Promise<unknown> => vi.waitFor(ping, inTime);
