import type { Cluster, Redis } from 'ioredis';
import type { KeyCommand, LockClient, Replied, Subscriber, Subscription } from '../src/client.ts';
import type { LockKeys } from '../src/keys.ts';
import type { Script } from '../src/script.ts';
import { IoredisClient } from './ioredis.ts';
import { ShardSubscriptions } from './shard-subscriptions.ts';
import { slotOf } from './slot.ts';

/** Sends a request to a server, which may still be importing the slot. */
type Send = (server: IoredisClient, done: Replied, isImporting: boolean) => void;

/** The pause before a request is sent again while its slot moves, in milliseconds. */
const movingPauseMs = 10;

/**
 * The lock's client on an ioredis Cluster, which the caller closes. It sends each request to the server of its slot, and
 * follows redirections itself
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#redirection-and-resharding): ioredis
 * would send again what its caller no longer wants, after the request that releases it.
 */
export class IoredisClusterClient implements LockClient {
  readonly isCluster = true;
  readonly #cluster: Cluster;
  readonly #subscriptions: ShardSubscriptions;
  readonly #clients = new WeakMap<Redis, IoredisClient>();
  /** By address; undefined after a change. */
  #servers: ReadonlyMap<string, Redis> | undefined;
  #refreshing: Promise<void> | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    for (const event of ['+node', '-node']) {
      cluster.on(event, () => {
        this.#servers = undefined;
      });
    }
    this.#subscriptions = new ShardSubscriptions({
      ownerOf: (channel) => this.#find(this.#addressOf(channel)),
      refresh: () => this.#refresh(),
    });
  }

  get isConnected(): boolean {
    return this.#cluster.status === 'ready';
  }

  runScript(script: Script, keys: LockKeys, args: readonly string[], done: Replied, isWanted: () => boolean): void {
    const send: Send = (server, replied, isImporting) =>
      server.runScript(script, keys, args, replied, isWanted, isImporting);
    this.#run(keys.lock, send, done, isWanted);
  }

  runCommand(command: KeyCommand, done: Replied, isWanted: () => boolean): void {
    const send: Send = (server, replied, isImporting) => server.runCommand(command, replied, isWanted, isImporting);
    this.#run(command[1], send, done, isWanted);
  }

  subscribe(channel: string, subscriber: Subscriber): Subscription {
    return this.#subscriptions.subscribe(channel, subscriber);
  }

  /** @param to where the slot's server has redirected the request. */
  #run(key: string, send: Send, done: Replied, isWanted: () => boolean, to?: Redirection): void {
    const server = this.#find(to?.address ?? this.#addressOf(key));
    const again = (redirection?: Redirection): void => {
      if (isWanted()) this.#run(key, send, done, isWanted, redirection);
      else done(new Error('the request was redirected when it was no longer wanted'), undefined);
    };
    if (!server) {
      const refreshed = this.#refresh();
      if (to)
        void refreshed.then(() => again()); // a server that is new
      else done(new Error(`the cluster's server for the key ${key} is not connected`), undefined);
      return;
    }
    const replied: Replied = (error, reply) => {
      const redirection = error && this.#redirectionOf(error);
      if (redirection) {
        if (!redirection.isImporting) void this.#refresh();
        again(redirection);
      } else if (error && /^TRYAGAIN /.test(error.message)) {
        setTimeout(again, movingPauseMs); // some keys of the lock have moved, and some have not
      } else {
        if (error && error.name !== 'ReplyError') void this.#refresh(); // the server may be gone
        done(error, reply);
      }
    };
    send(this.#clientOf(server), replied, to?.isImporting === true);
  }

  #addressOf(name: string): string | undefined {
    return this.#cluster.slots[slotOf(name)]?.[0];
  }

  #find(address: string | undefined): Redis | undefined {
    this.#servers ??= new Map(
      this.#cluster.nodes('all').map((server) => [`${server.options.host}:${server.options.port}`, server]),
    );
    return address === undefined ? undefined : this.#servers.get(address);
  }

  #redirectionOf({ message }: Error): Redirection | undefined {
    const [, kind, announced] = /^(MOVED|ASK) \d+ (\S+)$/.exec(message) ?? [];
    if (announced === undefined) return undefined;
    const { natMap } = this.#cluster.options;
    const mapped = typeof natMap === 'function' ? natMap(announced) : natMap?.[announced];
    return { address: mapped ? `${mapped.host}:${mapped.port}` : announced, isImporting: kind === 'ASK' };
  }

  #clientOf(server: Redis): IoredisClient {
    let client = this.#clients.get(server);
    if (!client) {
      client = new IoredisClient(server);
      this.#clients.set(server, client);
    }
    return client;
  }

  /** Asks which server has which slot. Resolves in any case. */
  #refresh(): Promise<void> {
    this.#refreshing ??= new Promise<void>((resolve) => {
      this.#cluster.refreshSlotsCache(() => resolve());
    }).then(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }
}

interface Redirection {
  readonly address: string;
  /** Only for this request: the slot is still being moved there. */
  readonly isImporting: boolean;
}
