import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onFreePort } from '../../../app/testing/free-port.ts';
import type { Keeper } from '../processes/keeper.ts';
import { probeRedis } from './ask-redis.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** The Sentinel's name for the primary that it watches. */
export const watchedName = 'lab';

/** A Redis Sentinel that watches one primary and discovers its replicas. */
export interface Sentinel extends ServerProcess {
  readonly url: string;
}

/**
 * Starts a Sentinel with a quorum of one.
 *
 * @param primaryUrl the primary's address, by which its replicas must know it too.
 * @param downAfterMs time without an answer after which the primary counts as down.
 */
export function startSentinel(
  program: string,
  keeper: Keeper,
  { primaryUrl, downAfterMs }: { primaryUrl: string; downAfterMs: number },
): Promise<Sentinel> {
  const { hostname, port: primaryPort } = new URL(primaryUrl);
  return onFreePort(async (port) => {
    const name = `sentinel-${port}`;
    const configFile = join(keeper.directory, `${name}.conf`); // it rewrites this file with what it discovers
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${keeper.directory}`,
      `sentinel monitor ${watchedName} ${hostname} ${primaryPort} 1`,
      `sentinel down-after-milliseconds ${watchedName} ${downAfterMs}`,
      `sentinel failover-timeout ${watchedName} 10000`,
      '',
    ];
    await writeFile(configFile, lines.join('\n'), { mode: 0o600 });
    const url = `redis://127.0.0.1:${port}`;
    const probe = (pid: number) => probeRedis(url, pid);
    const server = await startServer({ name, command: [program, configFile, '--sentinel'], probe }, keeper);
    return Object.assign(server, { url });
  });
}
