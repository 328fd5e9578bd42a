import type { LockClient, Subscriber, Subscription } from '../src/client.ts';
import { requestsBy } from './requests.ts';
import { RetriedSubscription } from './retried-subscription.ts';

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
 * caller listens to its errors and closes it. Each subscription opens a connection of its own.
 */
export function nodeRedisClient(client: NodeRedis): LockClient {
  return {
    ...requestsBy((command) => client.sendCommand(command)),
    get isConnected() {
      return client.isReady;
    },
    subscribe: (channel, subscriber) => subscribe(client.duplicate(), channel, subscriber),
  };
}

function subscribe(connection: NodeRedis, channel: string, subscriber: Subscriber): Subscription {
  let isSubscribed = false;
  const subscription = new RetriedSubscription(
    () => connection.subscribe(channel, subscriber.onMessage),
    () => connection.isReady,
    () => {
      isSubscribed = true;
      subscriber.onUp();
    },
  );
  const onDown = (): void => {
    subscription.cancelRetry();
    if (isSubscribed) subscriber.onDown();
  };
  connection.on('error', () => {}); // the connection for commands reports it
  connection.on('reconnecting', onDown);
  connection.on('end', onDown);
  // The client subscribes again by itself before it is ready again.
  connection.on('ready', () => (isSubscribed ? subscriber.onUp() : subscription.subscribe()));
  connection.connect().catch(() => {}); // closed before it was connected
  return {
    close: () => {
      subscription.cancelRetry();
      connection.destroy();
    },
  };
}
