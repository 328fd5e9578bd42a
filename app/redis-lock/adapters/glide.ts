import type { LockClient, Replied, Subscriber, Subscription } from '../src/client.ts';
import type { LockKeys } from '../src/keys.ts';
import type { Script } from '../src/script.ts';
import { AcceptedSubscription } from './accepted-subscription.ts';
import { evaluate, report } from './evaluate.ts';

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
 * than the lock's `nodeTimeoutMs`.
 *
 * @param open creates another client with the same settings, for the notifications of the grants.
 */
export function glideClient(client: Glide, open: () => Promise<Glide>): LockClient {
  const send = (command: string[]): Promise<unknown> => client.customCommand(command, asString);
  return {
    isConnected: true, // it does not say so: a request tells
    runScript(script: Script, keys: LockKeys, args: readonly string[], done: Replied, isWanted: () => boolean) {
      evaluate(send, script, keys, args, done, isWanted);
    },
    runCommand(command, done) {
      report(send([...command]), done);
    },
    subscribe: (channel, subscriber) => subscribe(open, channel, subscriber),
  };
}

function subscribe(open: () => Promise<Glide>, channel: string, subscriber: Subscriber): Subscription {
  let connection: Glide | undefined;
  let isClosed = false;
  const subscription = new AcceptedSubscription(
    async () => {
      connection ??= await open();
      if (isClosed) return connection.close();
      await connection.subscribe([channel], subscribeMs);
    },
    () => !isClosed,
    () => {
      if (isClosed || !connection) return;
      subscriber.onUp();
      void listen(connection, subscriber);
    },
  );
  subscription.try();
  return {
    close: () => {
      isClosed = true;
      subscription.cancel();
      connection?.close();
    },
  };
}

/** Hands on messages until the client is closed. It reconnects, and subscribes again, by itself. */
async function listen(connection: Glide, subscriber: Subscriber): Promise<void> {
  try {
    for (;;) subscriber.onMessage(String((await connection.getPubSubMessage()).message));
  } catch {
    subscriber.onDown();
  }
}
