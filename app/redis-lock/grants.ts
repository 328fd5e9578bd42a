import type { Redis } from 'ioredis';

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
  readonly #subscriber: Redis;

  constructor(redis: Redis, { channel, onGrant, onListening }: GrantsOptions) {
    const subscriber = redis.duplicate({ autoResubscribe: false, lazyConnect: false });
    this.#subscriber = subscriber;
    subscriber.on('error', () => {}); // the other connection to the same Redis tells
    subscriber.on('close', () => {
      this.listening = false;
    });
    subscriber.on('ready', () => {
      subscriber.subscribe(channel).then(
        () => {
          this.listening = true;
          onListening();
        },
        () => subscriber.disconnect(true),
      );
    });
    subscriber.on('message', (_channel: string, message: string) => {
      // As `serve` in grant.lua writes it.
      const [id = '', lastToken, micros, ...key] = message.split(' ');
      onGrant({ id, lastToken: Number(lastToken), micros: Number(micros), key: key.join(' ') });
    });
  }

  close(): void {
    this.listening = false;
    this.#subscriber.disconnect();
  }
}
