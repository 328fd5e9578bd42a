import type { KeyCommand } from '../../src/client.ts';
import { lockKeys } from '../../src/keys.ts';
import type { Script } from '../../src/script.ts';
import type { Member } from '../redis/keyspace.ts';
import {
  type ChannelKind,
  type ConditionalDeleteName,
  type Reply,
  ReplyError,
  SimulatedRedis,
} from '../redis/simulated-redis.ts';
import { epochMs } from './simulated-process.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A request from a connection to a server. */
export type ServerRequest =
  | {
      readonly kind: 'script';
      readonly script: Script;
      readonly keys: readonly string[];
      readonly args: readonly string[];
    }
  | { readonly kind: 'command'; readonly command: KeyCommand }
  | { readonly kind: 'subscribe'; readonly channel: string; readonly channelKind: ChannelKind };

/** A request that uses the keys of a lock. */
export type KeyRequest = Exclude<ServerRequest, { kind: 'subscribe' }>;

/** A request that has reached the server, over a connection that may be gone by now. */
export interface Arrival {
  readonly request: ServerRequest;
  readonly from: Connection;
  /** Whether the connection was lost so long before that its process may have sent other requests meanwhile. */
  readonly isLate: boolean;
  reply(error: Error | undefined, reply: Reply): void;
}

/** The server's end of a connection. */
export interface Connection {
  push(message: string): void;
}

/**
 * Where a server's subscribers are: on itself, or on another node of a cluster, so that notifications reach them and no
 * server counts them; or the server stands for a cluster, and its channels are sharded.
 */
export type SubscribersPlace = 'here' | 'elsewhere' | 'sharded';

export interface ServerOptions {
  readonly name: string;
  readonly time: VirtualTime;
  /** How fast its clock runs. */
  readonly clockRate: number;
  readonly clockOffsetMs: number;
  /** Whether older states are kept, for a restart from one. */
  readonly keepsHistory: boolean;
  readonly conditionalDelete?: ConditionalDeleteName | undefined;
  readonly subscribers?: SubscribersPlace;
  readonly reached: (event: string) => void;
  /** Called after each script and each command, with its lock before and after it. */
  readonly onRan: (request: KeyRequest, before: LockState, after: LockState, isLate: boolean) => void;
}

/** A lock as a server has it. */
export interface LockState {
  readonly holder: string | undefined;
  /** Whether its value says that others wait. */
  readonly isMarked: boolean;
  /** In milliseconds by the server's clock; 0 when it is free. */
  readonly expireAt: number;
  readonly queue: readonly Member[];
}

/** The data of a server at some moment. */
type Data = SimulatedRedis['data'];

const keptStates = 12;
/** How long a message needs from a primary to its replica. */
const replicationMs = 0.4;

const nameOf = (channel: string, kind: ChannelKind): string => `${kind} ${channel}`;

/** @returns a lock's value without the mark that others wait, which grant.lua describes. */
const idOf = (value: string): string => value.replace(/\+$/, '');

/** A Redis server on a machine: it can freeze, stop, restart with what it has kept, and follow a primary. */
export class SimulatedServer {
  readonly name: string;
  readonly redis: SimulatedRedis;
  state: 'up' | 'frozen' | 'down' = 'up';
  /** While it is set, this server is that one's replica: it refuses writes. */
  primary: SimulatedServer | undefined;
  /** Whether it has lost data that it had acknowledged, ever. */
  hasLost = false;
  readonly #options: ServerOptions;
  readonly #replicas = new Set<SimulatedServer>();
  readonly #subscribers = new Map<string, Set<Connection>>();
  #history: Data[] = [];
  #backlog: (() => void)[] = [];
  #clockOffsetMs: number;

  constructor(options: ServerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#clockOffsetMs = options.clockOffsetMs;
    this.redis = new SimulatedRedis({
      nowMicros: () => this.nowMicros(),
      publish: (channel, message, kind) => this.#publish(nameOf(channel, kind), message),
      subscribers: (channel, kind) => this.#count(nameOf(channel, kind)),
      conditionalDelete: options.conditionalDelete,
      runId: options.name.padEnd(40, '0'),
    });
  }

  nowMicros(): number {
    const { time, clockRate } = this.#options;
    return Math.floor((epochMs + time.now * clockRate + this.#clockOffsetMs) * 1000);
  }

  /** @returns the id of a lock's holder; undefined when it is free. */
  holderOf(key: string): string | undefined {
    const entry = this.redis.data.get(key, Math.floor(this.nowMicros() / 1000));
    return entry?.kind === 'string' ? idOf(entry.value) : undefined;
  }

  /** @returns the ids that begin like this, of holders and in queues. */
  idsOf(prefix: string): string[] {
    const nowMs = Math.floor(this.nowMicros() / 1000);
    const names = this.redis.data.keys(nowMs).flatMap((key) => {
      const entry = this.redis.data.get(key, nowMs);
      return entry?.kind === 'sorted set' ? entry.members.map(({ name }) => name) : [entry?.value ?? ''];
    });
    return names.filter((name) => name.startsWith(prefix));
  }

  /** @returns the TTL left of a holder with this id prefix, in virtual milliseconds; 0 if it does not hold the lock. */
  keptFor(key: string, prefix: string): number {
    const nowMs = this.nowMicros() / 1000;
    const entry = this.redis.data.get(key, Math.floor(nowMs));
    if (entry?.kind !== 'string' || !entry.value.startsWith(prefix)) return 0;
    return (entry.expireAt - nowMs) / this.#options.clockRate;
  }

  /** By how much its clock is set ahead of true time. */
  get clockOffsetMs(): number {
    return this.#clockOffsetMs;
  }

  /** Sets its clock forward, or back by a negative number. */
  jump(byMs: number): void {
    this.#clockOffsetMs += byMs;
  }

  receive(arrival: Arrival): void {
    if (this.state === 'down') return;
    if (this.state === 'frozen') this.#backlog.push(() => this.#handle(arrival));
    else this.#handle(arrival);
  }

  /** Its end of a connection is gone. */
  disconnect(connection: Connection): void {
    if (this.state === 'frozen') {
      this.#backlog.push(() => this.disconnect(connection)); // after what had arrived before
      return;
    }
    for (const connections of this.#subscribers.values()) connections.delete(connection);
  }

  freeze(): void {
    if (this.state === 'up') this.state = 'frozen';
  }

  thaw(): void {
    if (this.state !== 'frozen') return;
    this.state = 'up';
    for (const handle of this.#backlog.splice(0)) handle();
  }

  /** Stops without notice to its clients. Requests that were not handled are lost. */
  stop(): void {
    this.state = 'down';
    this.#backlog = [];
    this.#subscribers.clear();
  }

  /** @param lostStates how many of its last states are lost; all of them with infinity. */
  restart(lostStates: number): void {
    if (lostStates > 0) this.#lose(lostStates);
    this.state = 'up';
  }

  /** Becomes the replica of `primary`: its data is replaced, and its clients are not disconnected. */
  follow(primary: SimulatedServer): void {
    this.primary = primary;
    primary.#replicas.add(this);
    this.redis.data = primary.redis.data.copy();
  }

  /** Takes over from `old`, possibly without its last states. */
  takeOver(old: SimulatedServer, missedStates: number): void {
    this.redis.data = old.redis.data.copy();
    this.#history = old.#history.map((data) => data.copy());
    this.hasLost = old.hasLost;
    if (missedStates > 0) this.#lose(missedStates);
  }

  #lose(states: number): void {
    const kept = this.#history.at(-1 - states);
    this.#history = this.#history.slice(0, -states);
    if (kept) this.redis.data = kept.copy();
    else this.redis.call('FLUSHALL');
    this.hasLost = true;
  }

  #handle({ request, from, reply, isLate }: Arrival): void {
    if (request.kind === 'subscribe') {
      const name = nameOf(request.channel, request.channelKind);
      const connections = this.#subscribers.get(name) ?? new Set();
      this.#subscribers.set(name, connections.add(from));
      reply(undefined, 'OK');
      return;
    }
    if (this.primary) {
      reply(new ReplyError("READONLY You can't write against a read only replica."), null);
      return;
    }
    const keys = request.kind === 'script' ? request.keys : lockKeys(request.command[1]).all;
    const before = this.#stateOf(keys);
    try {
      const result =
        request.kind === 'script'
          ? this.redis.evaluate(request.script, keys, request.args)
          : this.redis.call(...request.command);
      this.#keep();
      this.#options.onRan(request, before, this.#stateOf(keys), isLate);
      reply(undefined, result);
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      reply(error, null);
    }
  }

  #stateOf([lock = '', queue = '']: readonly string[]): LockState {
    const nowMs = Math.floor(this.nowMicros() / 1000);
    const held = this.redis.data.get(lock, nowMs);
    const waiting = this.redis.data.get(queue, nowMs);
    return {
      holder: held?.kind === 'string' ? idOf(held.value) : undefined,
      isMarked: held?.kind === 'string' && held.value.endsWith('+'),
      expireAt: held?.expireAt ?? 0,
      queue: waiting?.kind === 'sorted set' ? waiting.members : [],
    };
  }

  #keep(): void {
    for (const replica of this.#replicas) replica.redis.data = this.redis.data.copy();
    if (!this.#options.keepsHistory) return;
    this.#history.push(this.redis.data.copy());
    if (this.#history.length > keptStates) this.#history.shift();
  }

  #count(channel: string): number {
    return this.#options.subscribers === 'elsewhere' ? 0 : (this.#subscribers.get(channel)?.size ?? 0);
  }

  #publish(channel: string, message: string): number {
    for (const replica of this.#replicas) {
      this.#options.time.after(replicationMs, () => replica.#relay(channel, message));
    }
    const connections = this.#subscribers.get(channel) ?? new Set();
    if (connections.size === 0) this.#options.reached('a grant that no subscriber of the server hears');
    for (const connection of connections) connection.push(message);
    return this.#count(channel);
  }

  #relay(channel: string, message: string): void {
    if (this.#subscribers.has(channel)) this.#options.reached('a notification relayed by a replica');
    if (this.state === 'up') this.#publish(channel, message);
    else if (this.state === 'frozen') this.#backlog.push(() => this.#publish(channel, message));
  }
}
