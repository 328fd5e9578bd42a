import type { LockClient, Subscriber, Subscription } from '../src/client.ts';
import { inOrder, requestsBy } from './requests.ts';
import { RetriedSubscription } from './retried-subscription.ts';
import { slotOf } from './slot.ts';

/** What the lock uses of a client of the npm package `@valkey/valkey-glide`. */
export interface Glide {
  customCommand(command: string[], options: { decoder: number; route?: PrimaryOf }): Promise<unknown>;
  subscribe(channels: Iterable<string>, timeoutMs: number): Promise<void>;
  unsubscribeLazy(channels: Iterable<string>): Promise<void>;
  getPubSubMessage(): Promise<{ readonly message: unknown; readonly channel: unknown }>;
  close(): void;
  /** A client of a cluster has this and the next. */
  ssubscribe?(channels: Iterable<string>, timeoutMs: number): Promise<void>;
  sunsubscribeLazy?(channels: Iterable<string>): Promise<void>;
}

/** To the server of a cluster that has the key's slot. */
interface PrimaryOf {
  readonly type: 'primarySlotKey';
  readonly key: string;
}

/** `Decoder.String`. */
const asString = { decoder: 1 };
/** How long a subscription may take, in milliseconds. */
const subscribeMs = 10_000;

/**
 * The lock's client on a client of `@valkey/valkey-glide`, of one server or of a cluster, which the caller closes. Set its
 * `requestTimeout` to no less than the lock's `nodeTimeoutMs`. Glide does not report a lost connection: waiters then find a
 * missed grant by asking, within a second.
 *
 * @param open creates another client with the same settings, but no callback for messages, for the notifications of the
 *   grants.
 */
export function glideClient(client: Glide, open: () => Promise<Glide>): LockClient {
  let isClosed = false;
  const isCluster = client.ssubscribe !== undefined;
  const subscriptions = new Subscriptions(open);
  const requests = requestsBy(async (command, key) => {
    try {
      return await client.customCommand(
        command,
        isCluster ? { ...asString, route: { type: 'primarySlotKey', key } } : asString,
      );
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      isClosed ||= error.name === 'ClosingError'; // for good: glide never opens a client again
      throw inRedisWords(error);
    }
  });
  return {
    // A cluster's client sends a request again by itself, after a redirection. It does not say which server has a slot.
    ...(isCluster ? { ...inOrder(requests), isCluster, serverOf: (key: string) => String(slotOf(key)) } : requests),
    isConnected: true, // glide does not report it; a request fails instead
    get isClosed() {
      return isClosed;
    },
    subscribe: (channel, subscriber) => subscriptions.subscribe(channel, subscriber),
  };
}

interface Channel {
  readonly subscriber: Subscriber;
  readonly subscription: RetriedSubscription;
}

/** The subscriptions of a lock, on one client that is closed with the last of them. */
class Subscriptions {
  readonly #open: () => Promise<Glide>;
  readonly #channels = new Map<string, Channel>();
  #connection: Promise<Glide> | undefined;

  constructor(open: () => Promise<Glide>) {
    this.#open = open;
  }

  subscribe(name: string, subscriber: Subscriber): Subscription {
    const isOpen = (): boolean => this.#channels.get(name) === channel;
    const subscription = new RetriedSubscription(
      () => this.#send(name, isOpen),
      isOpen,
      () => isOpen() && subscriber.onUp(),
    );
    const channel: Channel = { subscriber, subscription };
    this.#channels.set(name, channel);
    subscription.subscribe();
    return {
      close: () => {
        subscription.cancelRetry();
        if (isOpen()) this.#leave(name);
      },
    };
  }

  async #send(name: string, isWanted: () => boolean): Promise<void> {
    const connection = await (this.#connection ?? this.#connect());
    if (!isWanted()) return;
    if (connection.ssubscribe) await connection.ssubscribe([name], subscribeMs);
    else await connection.subscribe([name], subscribeMs);
  }

  #connect(): Promise<Glide> {
    const connection = this.#open();
    this.#connection = connection;
    connection.then(
      async (glide) => {
        await this.#listen(glide);
        if (!this.#isLost(connection)) return;
        glide.close(); // it may still be open: with a callback in its settings, it hands on no messages
        for (const { subscriber, subscription } of this.#channels.values()) {
          subscriber.onDown();
          subscription.subscribeLater();
        }
      },
      () => this.#isLost(connection),
    );
    return connection;
  }

  /** @returns false if it has been closed. */
  #isLost(connection: Promise<Glide>): boolean {
    if (this.#connection !== connection) return false;
    this.#connection = undefined;
    return true;
  }

  /** Hands on messages until the client is closed. It reconnects, and subscribes again, by itself. */
  async #listen(connection: Glide): Promise<void> {
    for (;;) {
      const next = await connection.getPubSubMessage().catch(() => undefined);
      if (!next) return;
      this.#channels.get(String(next.channel))?.subscriber.onMessage(String(next.message));
    }
  }

  #leave(name: string): void {
    this.#channels.delete(name);
    const connection = this.#connection;
    const isLast = this.#channels.size === 0;
    if (isLast) this.#connection = undefined;
    connection
      ?.then((glide) => {
        if (isLast) glide.close();
        // Not after other channels have left in the same turn: glide writes to the console that its client is closed.
        else if (this.#connection === connection)
          return glide.sunsubscribeLazy?.([name]) ?? glide.unsubscribeLazy([name]);
      })
      .catch(() => {});
  }
}

/** Redis's codes of the errors for which glide has words of its own. */
const codes = new Map([
  ['PermissionDenied', 'NOPERM'],
  ['Moved', 'MOVED'],
  ['NoScriptError', 'NOSCRIPT'],
  ['TryAgain', 'TRYAGAIN'],
]);

/** @returns the error as Redis and other clients say it: "- PermissionDenied: …" is "NOPERM …". */
function inRedisWords(error: Error): Error {
  const [, word = '', rest] = /- (\w+): (.*)$/s.exec(error.message) ?? [];
  const code = codes.get(word);
  return code === undefined ? error : new Error(`${code} ${rest}`, { cause: error });
}
