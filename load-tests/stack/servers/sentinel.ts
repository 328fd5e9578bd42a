import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onFreePort } from '../../../app/testing/free-port.ts';
import type { Keeper } from '../processes/keeper.ts';
import { probeRedis } from './ask-redis.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** What a Sentinel calls the primary that it watches. */
export const watchedName = 'lab';

/** A Redis Sentinel that watches one primary and finds that one's replicas by itself. */
export interface Sentinel extends ServerProcess {
  readonly url: string;
}

/**
 * Starts a Sentinel with a quorum of one.
 *
 * @param primaryUrl where it finds the primary: the replicas must know it by the same address.
 * @param downAfterMs how long the primary may be silent.
 */
export function startSentinel(
  program: string,
  keeper: Keeper,
  { primaryUrl, downAfterMs }: { primaryUrl: string; downAfterMs: number },
): Promise<Sentinel> {
  const { hostname, port: primaryPort } = new URL(primaryUrl);
  return onFreePort(async (port) => {
    const name = `sentinel-${port}`;
    const configFile = join(keeper.directory, `${name}.conf`); // it writes down there what it finds out
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
