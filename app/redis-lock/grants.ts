import type { LockClient, Subscription } from './client.ts';

/** News of a lock that was handed on to one of this client's claims. */
export interface Grant {
  readonly id: string;
  /** The last of its fencing tokens. */
  readonly lastToken: number;
  /** When, by the Redis's clock, in microseconds. */
  readonly micros: number;
  readonly key: string;
}

export interface GrantsOptions {
  readonly channel: string;
  readonly onGrant: (grant: Grant) => void;
  /** From now on grants are heard; what was published before is lost. */
  readonly onListening: () => void;
}

/** The connection on which one Redis tells of grants. It comes back by itself whenever it is lost. */
export class Grants {
  /** Whether they are heard at the moment. Nobody may queue before: Redis skips whoever does not listen. */
  listening = false;
  readonly #subscription: Subscription;

  constructor(client: LockClient, { channel, onGrant, onListening }: GrantsOptions) {
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
        const [id = '', lastToken, micros, ...key] = message.split(' ');
        onGrant({ id, lastToken: Number(lastToken), micros: Number(micros), key: key.join(' ') });
      },
    });
  }

  close(): void {
    this.listening = false;
    this.#subscription.close();
  }
}
