import type { LockClient, Replied, Subscriber, Subscription } from '../src/client.ts';
import type { LockKeys } from '../src/keys.ts';
import type { Script } from '../src/script.ts';
import { AcceptedSubscription } from './accepted-subscription.ts';
import { evaluate, report } from './evaluate.ts';

/** What the lock uses of a client of the npm package `redis`, which `createClient` makes. */
export interface NodeRedis {
  readonly isReady: boolean;
  sendCommand(command: string[]): Promise<unknown>;
  duplicate(): NodeRedis;
  on(event: string, listener: () => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  destroy(): void;
}

/**
 * The lock's client on a connected client of the npm package `redis`, preferably with `disableOfflineQueue: true`. The
 * caller closes it. Each subscription opens a connection of its own.
 */
export function nodeRedisClient(client: NodeRedis): LockClient {
  const send = (command: string[]): Promise<unknown> => client.sendCommand(command);
  return {
    get isConnected() {
      return client.isReady;
    },
    runScript(script: Script, keys: LockKeys, args: readonly string[], done: Replied, isWanted: () => boolean) {
      evaluate(send, script, keys, args, done, isWanted);
    },
    runCommand(command, done) {
      report(send([...command]), done);
    },
    subscribe: (channel, subscriber) => subscribe(client.duplicate(), channel, subscriber),
  };
}

function subscribe(connection: NodeRedis, channel: string, subscriber: Subscriber): Subscription {
  let isSubscribed = false;
  const subscription = new AcceptedSubscription(
    () => connection.subscribe(channel, subscriber.onMessage),
    () => connection.isReady,
    () => {
      isSubscribed = true;
      subscriber.onUp();
    },
  );
  const onDown = (): void => {
    subscription.cancel();
    if (isSubscribed) subscriber.onDown();
  };
  connection.on('error', () => {}); // the connection for commands reports it
  connection.on('reconnecting', onDown);
  connection.on('end', onDown);
  // The client subscribes again by itself before it is ready again.
  connection.on('ready', () => (isSubscribed ? subscriber.onUp() : subscription.try()));
  connection.connect().catch(() => {}); // closed before it was connected
  return {
    close: () => {
      subscription.cancel();
      connection.destroy();
    },
  };
}
