import { Redis } from 'ioredis';

/** Timeout of the connection and of each command. */
const withinMs = 5000;

/** Asks a Redis or a Sentinel over a new connection. @throws when it does not answer in time. */
export async function askRedis<T>(url: string, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: withinMs,
    commandTimeout: withinMs,
  });
  redis.on('error', () => {}); // also thrown below
  try {
    await redis.connect();
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

/** @throws unless the process with this id answers: another one may have taken its port. */
export async function probeRedis(url: string, pid: number): Promise<void> {
  const info = await askRedis(url, (redis) => redis.info('server'));
  if (!info.includes(`process_id:${pid}\r`)) throw new Error(`${url} is not the server that was started`);
}
