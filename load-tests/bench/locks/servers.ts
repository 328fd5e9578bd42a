import type { Redis } from 'ioredis';
import { installServers } from '../../stack/install/install-servers.ts';
import { findPrograms } from '../../stack/install/programs.ts';
import { startKeeper } from '../../stack/processes/keeper.ts';
import { type RedisServer, startRedis } from '../../stack/servers/redis.ts';
import { sum } from '../statistics.ts';
import { openReady } from './worker/connections.ts';

/** The benchmark's Redis servers, each started on first use. */
export interface BenchServers extends AsyncDisposable {
  /** For locks on one Redis. */
  single(): Promise<RedisServer>;
  /** Five nodes for Redlock. */
  nodes(): Promise<readonly RedisServer[]>;
}

/** @throws when no Redis is installed and none can be. */
export async function startServers(log: (message: string) => void): Promise<BenchServers> {
  await installServers(log);
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

/** Totals of several Redis servers since they were started. */
export interface ServerLoad {
  /** User and system time. */
  readonly cpuUs: number;
  /** Including those within Lua scripts, and this observer's own except for the INFO being answered. */
  readonly commands: number;
  /** By this process's monotonic clock. */
  readonly atMs: number;
}

export interface ServerObserver extends Disposable {
  read(): Promise<ServerLoad>;
}

/** Observes servers over its own connections. */
export async function observe(urls: readonly string[]): Promise<ServerObserver> {
  const connections = await Promise.all(urls.map(openReady));
  return {
    async read() {
      const loads = await Promise.all(connections.map(readOne));
      return {
        cpuUs: sum(loads.map((load) => load.cpuUs)),
        commands: sum(loads.map((load) => load.commands)),
        atMs: performance.now(),
      };
    },
    [Symbol.dispose]() {
      for (const connection of connections) connection.disconnect();
    },
  };
}

async function readOne(redis: Redis): Promise<{ cpuUs: number; commands: number }> {
  const info = await redis.info();
  const read = (field: string) => Number(new RegExp(`^${field}:(\\S+)`, 'm').exec(info)?.[1]);
  return {
    cpuUs: (read('used_cpu_sys') + read('used_cpu_user')) * 1e6,
    commands: read('total_commands_processed'),
  };
}
