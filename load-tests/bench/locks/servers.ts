import { installServers } from '../../stack/install/install-servers.ts';
import { findPrograms } from '../../stack/install/programs.ts';
import { startKeeper } from '../../stack/processes/keeper.ts';
import { type RedisServer, startRedis } from '../../stack/servers/redis.ts';

/** The Redis servers of a bench, each started when a row first needs it. */
export interface BenchServers extends AsyncDisposable {
  /** The one of the locks on one Redis. */
  single(): Promise<RedisServer>;
  /** The five of Redlock. */
  nodes(): Promise<readonly RedisServer[]>;
}

/** @throws when there is no Redis on this machine and none can be installed. */
export async function startServers(say: (message: string) => void): Promise<BenchServers> {
  await installServers(say);
  const program = findPrograms().redis ?? 'redis-server';
  const keeper = await startKeeper();
  let single: Promise<RedisServer> | undefined;
  let nodes: Promise<RedisServer[]> | undefined;
  return {
    single() {
      single ??= startRedis(program, keeper);
      return single;
    },
    nodes() {
      nodes ??= Promise.all([1, 2, 3, 4, 5].map((node) => startRedis(program, keeper, `redis-node-${node}`)));
      return nodes;
    },
    [Symbol.asyncDispose]: () => keeper.end(),
  };
}
