import { setTimeout } from 'node:timers/promises';
import type { LockClient, Subscriber, Subscription } from '../src/client.ts';
import { inOrder, requestsBy } from './requests.ts';
import { RetriedSubscription } from './retried-subscription.ts';
import { slotOf } from './slot.ts';

type Listener = (message: string) => void;

/** What the lock uses of a client of the npm package `redis` that `createCluster` makes. */
export interface NodeRedisCluster {
  readonly isReady: boolean;
  readonly isOpen: boolean;
  readonly slots: readonly { readonly master: { readonly address: string } }[];
  sendCommand(key: string, isReadonly: boolean, command: string[]): Promise<unknown>;
  sSubscribe(channel: string, listener: Listener): Promise<unknown>;
  sUnsubscribe(channel: string): Promise<unknown>;
}

/** What the lock uses of one that `createSentinel` makes. */
export interface NodeRedisSentinel {
  readonly isReady: boolean;
  readonly isOpen: boolean;
  getSentinelNode(): unknown;
  sendCommand(isReadonly: boolean, command: string[]): Promise<unknown>;
  subscribe(channel: string, listener: Listener): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
}

/** A request is sent again at most so often while its slot is half moved, within 310 ms. */
const mostRetries = 5;
/** The pause before that, in milliseconds; doubled each time. */
const firstPauseMs = 10;

/** Its requests follow their slots by themselves. */
export function nodeRedisClusterClient(cluster: NodeRedisCluster): LockClient {
  async function send(command: string[], key: string): Promise<unknown> {
    for (let retries = 0; ; retries++) {
      try {
        return await cluster.sendCommand(key, false, command);
      } catch (error) {
        if (retries === mostRetries || !(error instanceof Error && error.message.startsWith('TRYAGAIN '))) throw error;
        await setTimeout(firstPauseMs * 2 ** retries); // some keys of the lock have moved, and some have not
      }
    }
  }
  return {
    ...inOrder(requestsBy(send)),
    isCluster: true,
    serverOf: (key) => cluster.slots[slotOf(key)]?.master.address ?? '',
    get isConnected() {
      return cluster.isReady;
    },
    get isClosed() {
      return !cluster.isOpen;
    },
    subscribe: (channel, subscriber) =>
      subscribe(cluster, subscriber, {
        subscribe: (listener) => cluster.sSubscribe(channel, listener),
        unsubscribe: () => cluster.sUnsubscribe(channel),
      }),
  };
}

/** Its requests go to the new master by themselves. */
export function nodeRedisSentinelClient(sentinel: NodeRedisSentinel): LockClient {
  return {
    ...inOrder(requestsBy((command) => sentinel.sendCommand(false, command))),
    get isConnected() {
      return sentinel.isReady;
    },
    get isClosed() {
      return !sentinel.isOpen;
    },
    subscribe: (channel, subscriber) =>
      subscribe(sentinel, subscriber, {
        subscribe: (listener) => sentinel.subscribe(channel, listener),
        unsubscribe: () => sentinel.unsubscribe(channel),
      }),
  };
}

interface Channel {
  subscribe(listener: Listener): Promise<unknown>;
  unsubscribe(): Promise<unknown>;
}

/**
 * Such a client has connections of its own for subscriptions. It does not report a lost one, and subscribes again by itself:
 * waiters then find a missed grant by asking, within a second.
 */
function subscribe(
  client: { readonly isReady: boolean },
  { onUp, onMessage }: Subscriber,
  channel: Channel,
): Subscription {
  let isClosed = false;
  const leave = (): void => void channel.unsubscribe().catch(() => {});
  const subscription = new RetriedSubscription(
    () => channel.subscribe(onMessage),
    () => client.isReady && !isClosed,
    () => (isClosed ? leave() : onUp()),
  );
  subscription.subscribe();
  return {
    close: () => {
      isClosed = true;
      subscription.cancelRetry();
      leave();
    },
  };
}
