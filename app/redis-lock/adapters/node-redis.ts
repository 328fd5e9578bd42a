import type { LockClient, Subscriber, Subscription } from '../src/client.ts';
import {
  type NodeRedisCluster,
  type NodeRedisSentinel,
  nodeRedisClusterClient,
  nodeRedisSentinelClient,
} from './node-redis-cluster.ts';
import { requestsBy } from './requests.ts';
import { RetriedSubscription } from './retried-subscription.ts';

/** What the lock uses of a client of the npm package `redis`, which `createClient` makes. */
export interface NodeRedis {
  readonly isReady: boolean;
  readonly isOpen: boolean;
  readonly options?: { readonly keyPrefix?: unknown } | undefined;
  sendCommand(command: string[], options?: { asap: boolean }): Promise<unknown>;
  duplicate(): NodeRedis;
  on(event: string, listener: () => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  destroy(): void;
}

/**
 * The lock's client on a connected client of the npm package `redis`, preferably with `disableOfflineQueue: true`: one of
 * `createClient`, `createCluster` or `createSentinel`. The caller listens to its errors and closes it. On a single server,
 * each subscription opens a connection of its own.
 *
 * @throws {TypeError} for a pool, whose connections do not keep the order of requests, and for a client with a `keyPrefix`,
 *   which such requests would leave out.
 */
export function nodeRedisClient(client: NodeRedis | NodeRedisCluster | NodeRedisSentinel): LockClient {
  if (!('isReady' in client)) {
    throw new TypeError('a lock needs a client that keeps the order of requests, and no pool: use createClient');
  }
  const { options, _keyPrefix } = client as { options?: { keyPrefix?: unknown }; _keyPrefix?: unknown };
  if (options?.keyPrefix || _keyPrefix) {
    throw new TypeError('a lock needs a client without keyPrefix; put the prefix into the keys instead');
  }
  if ('slots' in client) return nodeRedisClusterClient(client);
  if ('getSentinelNode' in client) return nodeRedisSentinelClient(client);
  return {
    // In any case in order: with `asap`, a release would be sent before the acquire that it takes back.
    ...requestsBy((command) => client.sendCommand(command, { asap: false })),
    get isConnected() {
      return client.isReady;
    },
    get isClosed() {
      return !client.isOpen;
    },
    subscribe: (channel, subscriber) => subscribe(() => client.duplicate(), channel, subscriber),
  };
}

/** The pause before a client that has given up is replaced, in milliseconds. */
const replaceMs = 1000;

function subscribe(duplicate: () => NodeRedis, channel: string, subscriber: Subscriber): Subscription {
  let isClosed = false;
  let replacing: NodeJS.Timeout | undefined;
  let closeConnection = (): void => {};

  function open(): void {
    const connection = duplicate();
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
    closeConnection = () => {
      subscription.cancelRetry();
      connection.destroy();
    };
    connection.on('error', () => {}); // the connection for commands reports it
    connection.on('reconnecting', onDown);
    connection.on('terminated', () => {
      onDown(); // its reconnectStrategy has given up
      if (isClosed) return;
      replacing = setTimeout(() => {
        closeConnection();
        open();
      }, replaceMs).unref();
    });
    // What was closed while its socket was being connected has to be closed again.
    connection.on('connect', () => isClosed && closeConnection());
    // The client subscribes again by itself before it is ready again.
    connection.on('ready', () => (isSubscribed ? subscriber.onUp() : subscription.subscribe()));
    connection.connect().catch(() => {}); // closed before it was connected, or given up
  }

  open();
  return {
    close: () => {
      isClosed = true;
      clearTimeout(replacing);
      closeConnection();
    },
  };
}
