import type { LockClient, Subscription } from './client.ts';

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
  readonly channel: string;
  readonly onGrant: (grant: GrantNotification) => void;
  /** The subscription is up. Earlier notifications were missed. */
  readonly onListening: () => void;
}

/** The subscription on which one Redis publishes grants. It reconnects by itself. */
export class GrantNotifications {
  /** True while the subscription is up. */
  listening = false;
  readonly #subscription: Subscription;

  constructor(client: LockClient, { channel, onGrant, onListening }: GrantNotificationsOptions) {
    this.#subscription = client.subscribe(channel, {
      onUp: () => {
        this.listening = true;
        onListening();
      },
      onDown: () => {
        this.listening = false;
      },
      onMessage: (message) => {
        // The format is that of `serve` in grant.lua.
        const [id = '', lastToken, ttlMs, ...key] = message.split(' ');
        onGrant({ id, lastToken: Number(lastToken), ttlMs: Number(ttlMs), key: key.join(' ') });
      },
    });
  }

  close(): void {
    this.listening = false;
    this.#subscription.close();
  }
}
