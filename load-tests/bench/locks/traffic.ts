import { Redis } from 'ioredis';

/** What this process has sent to Redis and been told by it, on all connections together. */
export interface Traffic {
  /** Every command is one round trip: none of the locks compared sends them in pipelines. */
  commands: number;
  /** Pub/sub messages that have arrived. */
  messages: number;
}

const messageEvents: readonly unknown[] = ['messageBuffer', 'pmessageBuffer', 'smessageBuffer'];

/**
 * Counts from now on, also on connections that a lock opens for itself. It is for a process of the bench alone, as it
 * changes ioredis's class.
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
