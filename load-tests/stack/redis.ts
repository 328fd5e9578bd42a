import { Redis } from 'ioredis';
import { onFreePort } from './free-port.ts';
import type { Keeper } from './keeper.ts';
import { type ServerProcess, startServer } from './server-process.ts';

export interface RedisServer extends ServerProcess {
  readonly url: string;
  /** As the server says it, such as `7.0.15`. */
  readonly version: string;
}

/**
 * Starts a throwaway Redis that keeps nothing on disk: after a restart it is empty.
 *
 * @param extraSettings such as `cluster-enabled`, as in redis.conf.
 */
export function startRedis(
  program: string,
  keeper: Keeper,
  name = 'redis',
  extraSettings: Readonly<Record<string, string>> = {},
): Promise<RedisServer> {
  return onFreePort(async (port) => {
    const url = `redis://127.0.0.1:${port}`;
    const ask = async (): Promise<string> => {
      const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
      redis.on('error', () => {}); // it is thrown as well
      try {
        await redis.connect();
        return await redis.info('server');
      } finally {
        redis.disconnect();
      }
    };
    const settings = { port, bind: '127.0.0.1', dir: keeper.directory, save: '', appendonly: 'no', daemonize: 'no' };
    const args = Object.entries({ ...settings, ...extraSettings }).flatMap(([key, value]) => [
      `--${key}`,
      String(value),
    ]);
    const probe = async (pid: number) => {
      if (!(await ask()).includes(`process_id:${pid}\r`)) throw new Error(`port ${port} is somebody else's`);
    };
    const server = await startServer({ name, command: [program, ...args], probe }, keeper);
    const version = /redis_version:(\S+)/.exec(await ask())?.[1] ?? 'unknown';
    return Object.assign(server, { url, version });
  });
}
