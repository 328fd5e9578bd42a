import { once } from 'node:events';
import { Redis } from 'ioredis';
import { openRedis } from '../../../../app/redis/connection.ts';

/** Opens a connection with the service's settings, the same for every library, and waits until it is ready. */
export async function openReady(url: string): Promise<Redis> {
  const redis = openRedis({ url, timeoutMs: 500, warn: () => {} }) as Redis;
  await once(redis, 'ready');
  return redis;
}

/** What all Redis connections of this process have sent and received. */
export interface Traffic {
  /** Each command is one round trip: no library under test pipelines. */
  commands: number;
  /** Pub/sub messages received. */
  messages: number;
}

const messageEvents: readonly unknown[] = ['messageBuffer', 'pmessageBuffer', 'smessageBuffer'];

/**
 * Starts counting on all connections, including those that a library opens itself. It patches ioredis's prototype, so
 * only a benchmark worker may call it.
 */
export function countTraffic(): Traffic {
  const traffic: Traffic = { commands: 0, messages: 0 };
  const { sendCommand, emit } = Redis.prototype;
  Redis.prototype.sendCommand = function (...args) {
    traffic.commands += 1;
    return sendCommand.apply(this, args);
  };
  Redis.prototype.emit = function (event, ...args) {
    if (messageEvents.includes(event)) traffic.messages += 1;
    return emit.call(this, event, ...args);
  };
  return traffic;
}
