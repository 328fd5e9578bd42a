import type { Redis } from 'ioredis';
import type { Subscriber, Subscription } from '../src/client.ts';

/** What the subscriptions need to know of the cluster. */
export interface Shards {
  /** @returns the connection for commands to the server that has the channel's slot; undefined if none is known. */
  ownerOf(channel: string): Redis | undefined;
  /** Asks which server has which slot. Never rejects. */
  refresh(): Promise<void>;
}

/** The pause before a channel is subscribed again, in milliseconds; doubled each time. */
const firstRetryMs = 50;
const longestRetryMs = 60_000;

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
  readonly connection: Redis;
  readonly channels: Map<string, Channel>;
}

/**
 * Subscriptions to sharded channels: for each server one connection, which is closed with its last channel. A channel goes
 * where its slot goes, and follows the replica that takes over.
 */
export class ShardSubscriptions {
  readonly #shards: Shards;
  readonly #servers = new Map<Redis, ShardServer>();

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

  /** Subscribes the channel at the server that has its slot. */
  #place(channel: Channel): void {
    const owner = this.#shards.ownerOf(channel.name);
    if (!owner) {
      this.#placeLater(channel);
      return;
    }
    let server = this.#servers.get(owner);
    if (!server) {
      server = this.#open(owner);
      this.#servers.set(owner, server);
    }
    server.channels.set(channel.name, channel);
    channel.server = server;
    if (server.connection.status === 'ready') void this.#send(channel, server);
  }

  async #send(channel: Channel, server: ShardServer): Promise<void> {
    try {
      await server.connection.ssubscribe(channel.name);
    } catch {
      // Its slot has moved, the server refuses, or the connection is lost.
      if (channel.server === server) this.#placeLater(channel);
      return;
    }
    if (channel.server !== server) return;
    channel.retryMs = firstRetryMs;
    channel.isUp = true;
    channel.subscriber.onUp();
  }

  #placeLater(channel: Channel): void {
    this.#leave(channel);
    const { retryMs } = channel;
    channel.retryMs = Math.min(2 * retryMs, longestRetryMs);
    channel.retry = setTimeout(() => {
      void this.#shards.refresh().then(() => {
        if (channel.retry) this.#place(channel);
      });
    }, retryMs).unref();
  }

  #open(owner: Redis): ShardServer {
    const connection = owner.duplicate({
      lazyConnect: false,
      autoResubscribe: false,
      retryStrategy: () => null, // the slots may be elsewhere by then
      enableOfflineQueue: false,
    });
    const server: ShardServer = { connection, channels: new Map() };
    const sendAll = (): void => {
      for (const channel of server.channels.values()) void this.#send(channel, server);
    };
    connection.on('error', () => {}); // the connection for commands reports it
    connection.on('ready', sendAll);
    connection.on('moved', sendAll); // the server has unsubscribed a channel whose slot it no longer has
    connection.on('smessage', (name: string, message: string) =>
      server.channels.get(name)?.subscriber.onMessage(message),
    );
    connection.on('end', () => {
      if (this.#servers.get(owner) === server) this.#servers.delete(owner);
      for (const channel of [...server.channels.values()]) this.#placeLater(channel);
    });
    return server;
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
      for (const [owner, one] of this.#servers) if (one === server) this.#servers.delete(owner);
      server.connection.disconnect();
    } else if (server.connection.status === 'ready') {
      server.connection.sunsubscribe(channel.name).catch(() => {});
    }
  }
}
