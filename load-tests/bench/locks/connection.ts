import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { openRedis } from '../../../app/redis.ts';

/** Opens a connection with the settings that the service uses, the same for every lock, and waits until it can be used. */
export async function openReady(url: string): Promise<Redis> {
  const redis = openRedis({ url, timeoutMs: 500, warn: () => {} });
  await once(redis, 'ready');
  return redis;
}
