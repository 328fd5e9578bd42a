import type { Redis } from 'ioredis';
import { sum } from '../statistics.ts';
import { openReady } from './connection.ts';

/** What Redis servers have done since they were started, all together. */
export interface ServerLoad {
  /** Processor time, of the user and of the system. */
  readonly cpuUs: number;
  /** Those of Lua scripts too; and this observer's own but for the one that is just being answered. */
  readonly commands: number;
  /** On the monotonic clock of this process. */
  readonly atMs: number;
}

export interface ServerObserver extends Disposable {
  read(): Promise<ServerLoad>;
}

/** Watches servers from a connection of its own to each. */
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
