import type { LockClient, Subscriber, Subscription } from '../src/client.ts';
import { requestsBy } from './requests.ts';
import { RetriedSubscription } from './retried-subscription.ts';

/** What the lock uses of a client of the npm package `@valkey/valkey-glide`. */
export interface Glide {
  customCommand(command: string[], options: { decoder: number }): Promise<unknown>;
  subscribe(channels: Iterable<string>, timeoutMs: number): Promise<void>;
  getPubSubMessage(): Promise<{ readonly message: unknown }>;
  close(): void;
}

/** `Decoder.String`. */
const asString = { decoder: 1 };
/** How long a subscription may take, in milliseconds. */
const subscribeMs = 10_000;

/**
 * The lock's client on a client of `@valkey/valkey-glide`, which the caller closes. Set its `requestTimeout` to no less
 * than the lock's `nodeTimeoutMs`. Glide does not report a lost connection: waiters then find a missed grant by asking,
 * within a second. A cluster's client is not supported.
 *
 * @param open creates another client with the same settings, for the notifications of the grants.
 */
export function glideClient(client: Glide, open: () => Promise<Glide>): LockClient {
  let isClosed = false;
  return {
    ...requestsBy(async (command) => {
      try {
        return await client.customCommand(command, asString);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        isClosed ||= error.name === 'ClosingError'; // for good: glide never opens a client again
        throw inRedisWords(error);
      }
    }),
    isConnected: true, // glide does not report it; a request fails instead
    get isClosed() {
      return isClosed;
    },
    subscribe: (channel, subscriber) => subscribe(open, channel, subscriber),
  };
}

function subscribe(open: () => Promise<Glide>, channel: string, subscriber: Subscriber): Subscription {
  let connection: Glide | undefined;
  let isClosed = false;
  const drop = (): void => {
    connection?.close();
    connection = undefined;
  };
  const subscription = new RetriedSubscription(
    async () => {
      try {
        connection = await open();
        if (!isClosed) await connection.subscribe([channel], subscribeMs);
      } catch (error) {
        drop();
        throw error;
      }
    },
    () => !isClosed,
    async () => {
      if (isClosed || !connection) return drop();
      subscriber.onUp();
      await listen(connection, subscriber);
      subscriber.onDown();
      connection = undefined;
      if (!isClosed) subscription.subscribeLater();
    },
  );
  subscription.subscribe();
  return {
    close: () => {
      isClosed = true;
      subscription.cancelRetry();
      drop();
    },
  };
}

/** Redis's codes of the errors for which glide has words of its own. */
const codes = new Map([
  ['PermissionDenied', 'NOPERM'],
  ['Moved', 'MOVED'],
  ['NoScriptError', 'NOSCRIPT'],
]);

/** @returns the error as Redis and other clients say it: "- PermissionDenied: …" is "NOPERM …". */
function inRedisWords(error: Error): Error {
  const [, word = '', rest] = /- (\w+): (.*)$/s.exec(error.message) ?? [];
  const code = codes.get(word);
  return code === undefined ? error : new Error(`${code} ${rest}`, { cause: error });
}

/** Hands on messages until the client is closed. It reconnects, and subscribes again, by itself. */
async function listen(connection: Glide, subscriber: Subscriber): Promise<void> {
  for (;;) {
    const next = await connection.getPubSubMessage().catch(() => undefined);
    if (!next) return;
    subscriber.onMessage(String(next.message));
  }
}
