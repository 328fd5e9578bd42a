import { freePort, onFreePort } from '../../../app/testing/free-port.ts';
import type { Keeper } from '../processes/keeper.ts';
import { askRedis, probeRedis } from './ask-redis.ts';
import { type ServerProcess, startServer } from './server-process.ts';

export interface RedisServer extends ServerProcess {
  readonly url: string;
  /** As reported by the server, such as `7.0.15`. */
  readonly version: string;
}

/**
 * Starts a throwaway Redis without persistence: it is empty after a restart.
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
    // The default is its port plus 10000, which another server may have.
    const bus = extraSettings['cluster-enabled'] === 'yes' ? { 'cluster-port': await freePort() } : {};
    const settings = { port, bind: '127.0.0.1', dir: keeper.directory, save: '', appendonly: 'no', daemonize: 'no' };
    const visible = { 'set-proc-title': 'no' }; // a listing of the processes shows its directory, as for the other servers
    const args = Object.entries({ ...settings, ...visible, ...bus, ...extraSettings }).flatMap(([key, value]) => [
      `--${key}`,
      String(value),
    ]);
    const probe = (pid: number) => probeRedis(url, pid);
    const server = await startServer({ name, command: [program, ...args], probe }, keeper);
    const info = await askRedis(url, (redis) => redis.info('server'));
    const version = /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown';
    return Object.assign(server, { url, version });
  });
}
