import type { Redis } from 'ioredis';
import type { Subscriber, Subscription } from '../src/client.ts';

/** What the subscriptions need to know of the cluster. */
export interface Shards {
  /** @returns the address of the server that has the channel's slot; '' if it is not known. */
  addressOf(channel: string): string;
  /** @returns the connection for commands to that server, if there is one. */
  connectionTo(address: string): Redis | undefined;
  /** Asks which server has which slot. Never rejects. */
  refresh(): Promise<void>;
}

/** The pause before a channel is subscribed again, in milliseconds; doubled each time. */
const firstRetryMs = 50;
const longestRetryMs = 60_000;
/** The first, if the server's ACL refuses it. */
const refusedRetryMs = 1000;

interface Channel {
  readonly name: string;
  readonly subscriber: Subscriber;
  server: ShardServer | undefined;
  isUp: boolean;
  retryMs: number;
  retry: NodeJS.Timeout | undefined;
}

/** A connection for subscriptions to one server, and the channels that are subscribed there. */
interface ShardServer {
  readonly address: string;
  readonly connection: Redis;
  readonly channels: Map<string, Channel>;
}

/**
 * Subscriptions to sharded channels: for each server one connection, which is closed with its last channel. A channel goes
 * where its slot goes: to another server, or to the replica that takes over.
 */
export class ShardSubscriptions {
  readonly #shards: Shards;
  readonly #servers = new Map<string, ShardServer>();

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  subscribe(name: string, subscriber: Subscriber): Subscription {
    const channel: Channel = {
      name,
      subscriber,
      server: undefined,
      isUp: false,
      retryMs: firstRetryMs,
      retry: undefined,
    };
    this.#place(channel);
    return {
      close: () => {
        clearTimeout(channel.retry);
        channel.retry = undefined;
        this.#leave(channel);
      },
    };
  }

  /** The slots may have other servers now. */
  follow(): void {
    for (const server of this.#servers.values()) {
      for (const channel of [...server.channels.values()]) {
        if (this.#shards.addressOf(channel.name) === server.address) continue;
        this.#leave(channel);
        this.#place(channel);
      }
    }
  }

  /** Subscribes the channel at the server that has its slot. */
  #place(channel: Channel): void {
    const address = this.#shards.addressOf(channel.name);
    const server = this.#servers.get(address) ?? this.#open(address);
    if (!server) {
      this.#placeLater(channel, firstRetryMs);
      return;
    }
    server.channels.set(channel.name, channel);
    channel.server = server;
    if (server.connection.status === 'ready') void this.#send(channel, server);
  }

  async #send(channel: Channel, server: ShardServer): Promise<void> {
    try {
      await server.connection.ssubscribe(channel.name);
    } catch (error) {
      // Its slot has moved, the server refuses, or the connection is lost.
      const isRefused = error instanceof Error && error.message.startsWith('NOPERM');
      if (channel.server === server) this.#placeLater(channel, isRefused ? refusedRetryMs : firstRetryMs);
      return;
    }
    if (channel.server !== server || channel.isUp) return;
    channel.retryMs = firstRetryMs;
    channel.isUp = true;
    channel.subscriber.onUp();
  }

  #placeLater(channel: Channel, atLeastMs: number): void {
    this.#leave(channel);
    const pauseMs = Math.max(channel.retryMs, atLeastMs);
    channel.retryMs = Math.min(2 * pauseMs, longestRetryMs);
    channel.retry = setTimeout(() => {
      void this.#shards.refresh().then(() => {
        if (!channel.retry) return; // closed meanwhile
        channel.retry = undefined;
        this.#place(channel);
      });
    }, pauseMs).unref();
  }

  /** @returns undefined without a connection to that server. */
  #open(address: string): ShardServer | undefined {
    const connection = this.#shards.connectionTo(address)?.duplicate({
      lazyConnect: false,
      autoResubscribe: false,
      retryStrategy: () => null, // the slots may be elsewhere by then
      enableOfflineQueue: false,
    });
    if (!connection) return undefined;
    const server: ShardServer = { address, connection, channels: new Map() };
    this.#servers.set(address, server);
    connection.on('error', () => {}); // the connection for commands reports it
    connection.on('ready', () => {
      for (const channel of server.channels.values()) void this.#send(channel, server);
    });
    let isChecking = false;
    connection.on('moved', () => {
      if (isChecking) return; // once for all channels that the server has dropped
      isChecking = true;
      setImmediate(() => {
        isChecking = false;
        this.#replaceDropped(server);
      });
    });
    connection.on('smessage', (name: string, message: string) =>
      server.channels.get(name)?.subscriber.onMessage(message),
    );
    connection.on('end', () => {
      if (this.#servers.get(address) === server) this.#servers.delete(address);
      for (const channel of [...server.channels.values()]) this.#placeLater(channel, firstRetryMs);
    });
    return server;
  }

  /** The server no longer has the slot of some channels, and has unsubscribed them. */
  #replaceDropped({ connection, channels }: ShardServer): void {
    const subscribed = new Set(subscribedOn(connection));
    for (const channel of [...channels.values()]) {
      if (channel.isUp && !subscribed.has(channel.name)) this.#placeLater(channel, firstRetryMs);
    }
  }

  /** Ends the subscription where it is. */
  #leave(channel: Channel): void {
    const { server } = channel;
    channel.server = undefined;
    if (channel.isUp) channel.subscriber.onDown();
    channel.isUp = false;
    if (!server) return;
    server.channels.delete(channel.name);
    if (server.channels.size === 0) {
      if (this.#servers.get(server.address) === server) this.#servers.delete(server.address);
      server.connection.disconnect();
    } else if (server.connection.status === 'ready') {
      server.connection.sunsubscribe(channel.name).catch(() => {});
    }
  }
}

/** @returns the sharded channels that are subscribed on a connection, as ioredis keeps count of them. */
function subscribedOn(connection: Redis): readonly string[] {
  const { condition } = connection as unknown as {
    condition?: { subscriber?: false | { channels(set: string): string[] } };
  };
  const set = condition?.subscriber;
  return set ? set.channels('ssubscribe') : [];
}
