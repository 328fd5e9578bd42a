import { GlideClient, Logger } from '@valkey/valkey-glide';
import { createClient } from 'redis';
import { vi } from 'vitest';
import { openRedis } from '../../app/redis/connection.ts';
import { glideClient } from '../../app/redis-lock/adapters/glide.ts';
import { nodeRedisClient } from '../../app/redis-lock/adapters/node-redis.ts';
import type { createRedisLock, LockClient } from '../../app/redis-lock/index.ts';
import { inTime } from './leases.ts';

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
  const { hostname: host, port } = new URL(url);
  const open = () => GlideClient.createClient({ addresses: [{ host, port: Number(port) }], requestTimeout });
  const redis = await open();
  return { client: glideClient(redis, open), ping: () => redis.ping(), close: () => redis.close() };
}

/** Every client library that the lock has an adapter for. */
export const clients: readonly { readonly library: string; open(url: string): Promise<OpenClient> }[] = [
  { library: 'ioredis', open: openIoredis },
  { library: 'redis', open: openNodeRedis },
  { library: '@valkey/valkey-glide', open: openGlide },
];

/** Resolves when the connection answers again. */
export const recovered = ({ ping }: OpenClient): Promise<unknown> => vi.waitFor(ping, inTime);
