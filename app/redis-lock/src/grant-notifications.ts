import type { LockClient, Subscription } from './client.ts';
import type { LockKeys } from './keys.ts';
import type { Runtime, Timer } from './runtime.ts';

/** Says that a node has granted its lock to one of this client's acquire attempts. */
export interface GrantNotification {
  readonly id: string;
  /** The last fencing token of the grant. */
  readonly lastToken: number;
  /** The TTL of the grant; shorter than requested if it is an offer (`serve` in grant.lua). */
  readonly ttlMs: number;
  readonly key: string;
}

export interface GrantNotificationsOptions {
  readonly runtime: Runtime;
  /** @returns the channel on which the grants of a lock are published. */
  readonly channelOf: (keys: LockKeys) => string;
  readonly onGrant: (grant: GrantNotification) => void;
  /** A subscription is up. Earlier notifications were missed. */
  readonly onListening: (channel: string) => void;
}

/** How long a subscription to one lock's channel outlives the wait for it, in milliseconds. */
const keepMs = 10_000;

interface Channel {
  readonly subscription: Subscription;
  isUp: boolean;
  idle: Timer | undefined;
}

/**
 * The subscriptions on which one Redis publishes grants: one for all locks, or in a cluster one for each lock that is
 * waited for. They reconnect by themselves.
 */
export class GrantNotifications {
  readonly #client: LockClient;
  readonly #options: GrantNotificationsOptions;
  readonly #channels = new Map<string, Channel>();

  constructor(client: LockClient, options: GrantNotificationsOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** @returns true while notifications about this lock arrive. */
  isListening(keys: LockKeys): boolean {
    return this.#channels.get(this.#options.channelOf(keys))?.isUp ?? false;
  }

  /** Subscribes to the lock's channel, if it is not subscribed already. */
  listen(keys: LockKeys): void {
    const name = this.#options.channelOf(keys);
    const channel = this.#channels.get(name) ?? this.#subscribe(name);
    this.#options.runtime.clearTimer(channel.idle);
  }

  /** Nobody here waits for the lock any more: a cluster's channel is closed some time later. The one for all locks stays. */
  leave(keys: LockKeys): void {
    if (!this.#client.isCluster) return;
    const name = this.#options.channelOf(keys);
    const channel = this.#channels.get(name);
    if (!channel) return; // all are closed
    this.#options.runtime.clearTimer(channel.idle);
    channel.idle = this.#options.runtime.setBackgroundTimer(() => {
      this.#channels.delete(name);
      channel.subscription.close();
    }, keepMs);
  }

  close(): void {
    for (const { subscription, idle } of this.#channels.values()) {
      this.#options.runtime.clearTimer(idle);
      subscription.close();
    }
    this.#channels.clear();
  }

  #subscribe(name: string): Channel {
    const { onGrant, onListening } = this.#options;
    const subscription = this.#client.subscribe(name, {
      onUp: () => {
        channel.isUp = true;
        onListening(name);
      },
      onDown: () => {
        channel.isUp = false;
      },
      onMessage: (message) => {
        // The format is that of `serve` in grant.lua.
        const [id = '', lastToken, ttlMs, ...key] = message.split(' ');
        onGrant({ id, lastToken: Number(lastToken), ttlMs: Number(ttlMs), key: key.join(' ') });
      },
    });
    const channel: Channel = { subscription, isUp: false, idle: undefined };
    this.#channels.set(name, channel);
    return channel;
  }
}
