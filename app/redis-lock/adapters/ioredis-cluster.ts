import type { Cluster, Redis } from 'ioredis';
import type { KeyCommand, LockClient, Replied, Subscriber, Subscription } from '../src/client.ts';
import type { LockKeys } from '../src/keys.ts';
import type { Script } from '../src/script.ts';
import { IoredisClient, isClosed } from './ioredis.ts';
import { ShardSubscriptions } from './shard-subscriptions.ts';
import { slotOf } from './slot.ts';

/** Sends a request to a server, which may still be importing the slot. */
type Send = (client: IoredisClient, done: Replied, isImporting: boolean) => void;

/** A server of the cluster, as the lock uses it. */
interface Server {
  readonly client: IoredisClient;
  /** Number of requests in flight. */
  inFlight: number;
  /** Since when it has not answered, with requests in flight; on the monotonic clock. */
  silentSince: number;
}

/**
 * A request is sent again at most so often, within 310 ms: a slot that stays half moved is not to be asked for ever, nor its
 * server to count as silent.
 */
const mostRetries = 5;
/** The pause before that, in milliseconds; doubled each time. None before the first time that the slot has moved. */
const firstPauseMs = 10;
/** A server that has not answered for so long may have been replaced. In milliseconds, as is the next. */
const suspiciousMs = 250;
/** How often to ask for the slots at most because of that. */
const refreshEveryMs = 500;

const clientsOfClusters = new WeakMap<Cluster, IoredisClusterClient>();

/** @returns the one client of a Cluster: its locks share the connections for notifications. */
export function ioredisClusterClient(cluster: Cluster): LockClient {
  const known = clientsOfClusters.get(cluster) ?? new IoredisClusterClient(cluster);
  clientsOfClusters.set(cluster, known);
  return known;
}

/**
 * The lock's client on an ioredis Cluster, which the caller closes. It sends each request to the server of its slot, and
 * follows redirections itself
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#redirection-and-resharding): ioredis
 * would send again what its caller no longer wants, after the request that releases it.
 */
class IoredisClusterClient implements LockClient {
  readonly isCluster = true;
  readonly #cluster: Cluster;
  readonly #subscriptions: ShardSubscriptions;
  readonly #servers = new WeakMap<Redis, Server>();
  /** By address; undefined after a change. */
  #connections: ReadonlyMap<string, Redis> | undefined;
  #refreshing: Promise<void> | undefined;
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#subscriptions = new ShardSubscriptions({
      addressOf: (channel) => this.serverOf(channel),
      connectionTo: (address) => this.#connectionTo(address),
      refresh: () => this.#refresh(),
    });
    cluster.on('+node', () => {
      this.#connections = undefined;
    });
    cluster.on('-node', () => {
      this.#connections = undefined;
      this.#refreshSometimes(); // a lost connection comes back with the slots
    });
  }

  get isConnected(): boolean {
    return this.#cluster.status === 'ready';
  }

  get isClosed(): boolean {
    return isClosed(this.#cluster);
  }

  serverOf(name: string): string {
    return this.#cluster.slots[slotOf(name)]?.[0] ?? '';
  }

  runScript(script: Script, keys: LockKeys, args: readonly string[], done: Replied, isWanted: () => boolean): void {
    const send: Send = (client, replied, isImporting) =>
      client.runScript(script, keys, args, replied, isWanted, isImporting);
    this.#run({ key: keys.lock, send, done, isWanted, retries: 0 });
  }

  runCommand(command: KeyCommand, done: Replied, isWanted: () => boolean): void {
    const send: Send = (client, replied, isImporting) => client.runCommand(command, replied, isWanted, isImporting);
    this.#run({ key: command[1], send, done, isWanted, retries: 0 });
  }

  subscribe(channel: string, subscriber: Subscriber): Subscription {
    return this.#subscriptions.subscribe(channel, subscriber);
  }

  /** @param to where the slot's server has redirected the request. */
  #run(request: Routed, to?: Redirection): void {
    const { key, send, done } = request;
    const connection = this.#connectionTo(to?.address ?? this.serverOf(key));
    if (!connection) {
      const error = new Error("the cluster's server for the key is not connected");
      void this.#refresh().then(() => this.#retry(request, error, firstPauseMs, to));
      return;
    }
    const server = this.#serverAt(connection);
    this.#suspect(server);
    server.inFlight += 1;
    const replied: Replied = (error, reply) => {
      server.inFlight -= 1;
      server.silentSince = performance.now();
      if (!error) {
        done(undefined, reply);
        return;
      }
      const redirection = this.#redirectionOf(error);
      if (redirection) {
        if (!redirection.isImporting) void this.#refresh();
        this.#retry(request, error, request.retries === 0 ? 0 : firstPauseMs, redirection);
      } else if (error.message.startsWith('TRYAGAIN ')) {
        this.#retry(request, error, firstPauseMs); // some keys of the lock have moved, and some have not
      } else {
        if (error.name !== 'ReplyError' || mayBeReplaced.test(error.message)) this.#refreshSometimes();
        done(error, reply);
      }
    };
    send(server.client, replied, to?.isImporting === true);
  }

  /** Sends a request again, after a pause that doubles, or ends it with the error. */
  #retry(request: Routed, error: Error, pauseMs: number, to?: Redirection): void {
    const { done, isWanted, retries } = request;
    const again = (): void => {
      if (isWanted()) this.#run({ ...request, retries: retries + 1 }, to);
      else done(error, undefined);
    };
    if (retries === mostRetries) done(error, undefined);
    else if (pauseMs === 0) again();
    else setTimeout(again, pauseMs * 2 ** retries);
  }

  /** A server that does not answer does not say that a replica has taken over. */
  #suspect(server: Server): void {
    const now = performance.now();
    if (server.inFlight === 0) server.silentSince = now;
    else if (now - server.silentSince > suspiciousMs) this.#refreshSometimes();
  }

  #connectionTo(address: string): Redis | undefined {
    if (this.#cluster.status === 'wait') this.#cluster.connect().catch(() => {}); // a lazy one
    this.#connections ??= new Map(
      this.#cluster.nodes('all').map((node) => [`${node.options.host}:${node.options.port}`, node]),
    );
    return this.#connections.get(address);
  }

  #serverAt(connection: Redis): Server {
    let server = this.#servers.get(connection);
    if (!server) {
      server = { client: new IoredisClient(connection), inFlight: 0, silentSince: 0 };
      this.#servers.set(connection, server);
    }
    return server;
  }

  #redirectionOf({ message }: Error): Redirection | undefined {
    const [, kind, announced] = /^(MOVED|ASK) \d+ (\S+)$/.exec(message) ?? [];
    if (announced === undefined) return undefined;
    const { natMap } = this.#cluster.options;
    const mapped = typeof natMap === 'function' ? natMap(announced) : natMap?.[announced];
    return { address: mapped ? `${mapped.host}:${mapped.port}` : announced, isImporting: kind === 'ASK' };
  }

  #refreshSometimes(): void {
    if (performance.now() - this.#refreshedAt > refreshEveryMs) void this.#refresh();
  }

  /** Asks which server has which slot. Resolves in any case. */
  #refresh(): Promise<void> {
    this.#refreshing ??= new Promise<void>((resolve) => {
      this.#refreshedAt = performance.now();
      this.#cluster.refreshSlotsCache(() => resolve());
    }).then(() => {
      this.#refreshing = undefined;
      this.#subscriptions.follow();
    });
    return this.#refreshing;
  }
}

/** A request on its way. */
interface Routed {
  readonly key: string;
  readonly send: Send;
  readonly done: Replied;
  readonly isWanted: () => boolean;
  readonly retries: number;
}

interface Redirection {
  readonly address: string;
  /** Only for this request: the slot is still being moved there. */
  readonly isImporting: boolean;
}

/** What a server answers that may have been replaced. */
const mayBeReplaced = /^(CLUSTERDOWN|READONLY|MASTERDOWN|LOADING) /;
