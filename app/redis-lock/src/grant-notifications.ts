import type { LockClient, Subscription } from './client.ts';

/** A lock that was handed to one of this client's acquire attempts. */
export interface GrantNotification {
  readonly id: string;
  /** The last of its fencing tokens. */
  readonly lastToken: number;
  /** For how long the server keeps it; less than was asked for when it is only offered. */
  readonly ttlMs: number;
  readonly key: string;
}

export interface GrantNotificationsOptions {
  readonly channel: string;
  readonly onGrant: (grant: GrantNotification) => void;
  /** From now on grants are heard; what was published before is lost. */
  readonly onListening: () => void;
}

/** The connection on which one Redis publishes grants. It comes back by itself whenever it is lost. */
export class GrantNotifications {
  /** Whether they are heard at the moment. */
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
        // As `serve` in grant.lua writes it.
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
