import type { LockEngine } from '../src/lock.ts';
import { scripts } from '../src/script.ts';
import type { AcquireOptions, Acquisition, DistributedLock, Lease, LockOptions } from '../src/types.ts';
import type { ConditionalDeleteName } from './redis/simulated-redis.ts';
import { type LockProcess, openLock } from './world/lock-process.ts';
import { SimulatedProcess } from './world/simulated-process.ts';
import { SimulatedServer, type SubscribersPlace } from './world/simulated-server.ts';
import { settled, VirtualTime } from './world/virtual-time.ts';

export interface RigOptions {
  /** Number of Redis servers. Default 1. */
  readonly servers?: number;
  /** The delay of every message, in milliseconds. Default 0.5: a round trip takes exactly 1 ms. */
  readonly delayMs?: number;
  /** Default: on the servers themselves. */
  readonly subscribers?: SubscribersPlace;
  /** The conditional delete of the servers. Default: none. */
  readonly conditionalDelete?: ConditionalDeleteName | undefined;
}

export interface JoinOptions extends LockOptions {
  /** The constant result of `random()`. Default 0: every pause is as short as possible. */
  readonly chance?: number;
  /** By how much its wall clock is ahead, in milliseconds. */
  readonly wallClockOffsetMs?: number;
  /** The servers that it can reach. Default: all. */
  readonly reaches?: readonly number[];
  /** The delay of its messages to and from each server. Default: the rig's. */
  readonly delaysMs?: readonly number[];
}

/** A process of a rig. */
export interface RigProcess extends LockProcess {
  /** Directs its new connections for a server to another one, or to none. Open connections stay. */
  lead(node: number, to: SimulatedServer | undefined): void;
}

/** A script or a command that has run on a server. */
export interface RequestRun {
  readonly atMs: number;
  readonly node: number;
  /** The script's name, or the command's in capitals. */
  readonly verb: string;
  readonly id: string;
}

export interface CutOptions {
  /** The processes whose connections are cut. Default: all. */
  readonly of?: readonly RigProcess[];
  readonly node?: number;
  /** Number of requests in flight that still arrive, after `lateMs`. */
  readonly arriving?: number;
  readonly lateMs?: number;
}

/** How long {@link Rig.until} waits, in virtual milliseconds. */
const mostMs = 3_600_000;
/** Longer than anything that a test leaves in Redis may live. */
const longMs = 30 * 86_400_000;

/**
 * Servers and processes in virtual time, for tests: every message takes equally long, timers are punctual, and nothing
 * is random.
 */
export class Rig {
  readonly time = new VirtualTime();
  /** The current server of each address. */
  readonly servers: SimulatedServer[];
  readonly processes: RigProcess[] = [];
  /** The scripts that have run, in order. */
  readonly ran: RequestRun[] = [];
  readonly uncaught: unknown[] = [];
  readonly warnings: { readonly message: string; readonly cause: unknown }[] = [];
  readonly #delayMs: number;
  readonly #subscribers: SubscribersPlace;
  readonly #conditionalDelete: ConditionalDeleteName | undefined;
  readonly #nowhere: SimulatedServer;
  #passing = false;
  #serversMade = 0;

  constructor({ servers = 1, delayMs = 0.5, subscribers = 'here', conditionalDelete }: RigOptions) {
    this.#delayMs = delayMs;
    this.#subscribers = subscribers;
    this.#conditionalDelete = conditionalDelete;
    this.servers = Array.from({ length: servers }, (_, node) => this.newServer(node));
    this.#nowhere = this.newServer(-1);
    this.#nowhere.stop();
  }

  get now(): number {
    return this.time.now;
  }

  /** @throws for a server that does not exist. */
  server(node = 0): SimulatedServer {
    const server = this.servers[node];
    if (!server) throw new Error(`there is no server ${node}`);
    return server;
  }

  newServer(node: number): SimulatedServer {
    return new SimulatedServer({
      name: `s${this.#serversMade++}`,
      time: this.time,
      clockRate: 1,
      clockOffsetMs: 0,
      keepsHistory: true,
      subscribers: this.#subscribers,
      conditionalDelete: this.#conditionalDelete,
      reached: () => {},
      onRan: (request) => {
        if (request.kind === 'command') {
          const [verb, , id = ''] = request.command;
          this.ran.push({ atMs: this.now, node, verb, id });
          return;
        }
        const {
          script,
          args: [id = ''],
        } = request;
        const verb = Object.entries(scripts).find(([, { sha1 }]) => sha1 === script.sha1)?.[0] ?? '';
        this.ran.push({ atMs: this.now, node, verb, id });
      },
    });
  }

  /** Starts a process with a lock, and connects it. */
  async join(options: JoinOptions = {}): Promise<RigProcess> {
    const { chance = 0, wallClockOffsetMs = 0, reaches, delaysMs, ...lockOptions } = options;
    const process = new SimulatedProcess({
      name: `p${this.processes.length}`,
      time: this.time,
      random: { int: () => 0, float: () => chance },
      clockRate: 1,
      wallClockOffsetMs,
      onUncaught: (error) => this.uncaught.push(error),
      onWarning: (message, cause) => this.warnings.push({ message, cause }),
    });
    const addresses = this.servers.map((_, node) => () => {
      return reaches && !reaches.includes(node) ? this.#nowhere : this.server(node);
    });
    const links = this.servers.map((_, node) => ({
      time: this.time,
      seed: [node],
      server: () => addresses[node]?.() ?? this.#nowhere,
      socketTimeoutMs: 2 * (lockOptions.nodeTimeoutMs ?? 500),
      isCluster: this.#subscribers === 'sharded',
      reached: () => {},
      delay: () => delaysMs?.[node] ?? this.#delayMs,
    }));
    const joined: RigProcess = {
      ...openLock(process, links, lockOptions),
      lead: (node, to) => {
        addresses[node] = () => to ?? this.#nowhere;
      },
    };
    this.processes.push(joined);
    await this.pass(Math.max(this.#delayMs, ...(delaysMs ?? [])));
    return joined;
  }

  /** @returns so many locks, each in a process of its own. */
  async joinAll(count: 1, options?: JoinOptions): Promise<[LockEngine]>;
  async joinAll(count: 2, options?: JoinOptions): Promise<[LockEngine, LockEngine]>;
  async joinAll(count: 3, options?: JoinOptions): Promise<[LockEngine, LockEngine, LockEngine]>;
  async joinAll(count: number, options?: JoinOptions): Promise<LockEngine[]>;
  async joinAll(count: number, options?: JoinOptions): Promise<LockEngine[]> {
    const locks: LockEngine[] = [];
    for (let index = 0; index < count; index++) locks.push((await this.join(options)).lock);
    return locks;
  }

  /** Lets `durationMs` of virtual time pass. */
  async pass(durationMs: number): Promise<void> {
    await this.#pass(durationMs, () => false);
  }

  /**
   * Lets time pass until the promise settles, and not longer.
   *
   * @throws when it has not settled after `withinMs` of virtual time.
   */
  async until<T>(promise: Promise<T>, withinMs = mostMs): Promise<T> {
    let isSettled = false;
    const note = (): void => {
      isSettled = true;
    };
    promise.then(note, note);
    await settled();
    if (!isSettled) await this.#pass(withinMs, () => isSettled);
    if (!isSettled) throw new Error(`the promise has not settled after ${withinMs} ms of virtual time`);
    return promise;
  }

  /** The same, with how long it took in virtual milliseconds. */
  async timed<T>(promise: Promise<T>): Promise<{ value: T; tookMs: number }> {
    const startedAt = this.now;
    const value = await this.until(promise);
    return { value, tookMs: this.now - startedAt };
  }

  /** Resolves after so much virtual time, which something else has to let pass. */
  sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => this.time.after(durationMs, resolve));
  }

  /** Acquires a lock that must be free. */
  hold(lock: DistributedLock, key: string, options?: AcquireOptions): Promise<Lease> {
    return this.until(lock.acquire(key, options).then(leaseOf));
  }

  /** Acquires a lock, and releases it once another waits. @returns its lease, and how long the grant took. */
  async handOver(from: DistributedLock, to: DistributedLock, key = 'k') {
    const held = await this.hold(from, key);
    const waiting = to.acquire(key, { waitMs: 60_000 }).then(leaseOf);
    await this.pass(5);
    void held.release();
    const { value: lease, tookMs } = await this.timed(waiting);
    return { lease, tookMs };
  }

  /** Lets time pass until the signal aborts. @returns how long that took. */
  async untilAborted(signal: AbortSignal): Promise<number> {
    const startedAt = this.now;
    await this.until(
      new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      }),
    );
    return this.now - startedAt;
  }

  /** Freezes these servers, or all of them. */
  freeze(nodes: readonly number[] = [...this.servers.keys()]): void {
    for (const node of nodes) this.server(node).freeze();
  }

  thaw(nodes: readonly number[] = [...this.servers.keys()]): void {
    for (const node of nodes) this.server(node).thaw();
  }

  /** Ends a server's process: its connections break. */
  stop(node: number): void {
    const server = this.server(node);
    server.stop();
    for (const link of this.#links()) if (link.server === server) link.cut(0, 0);
  }

  /** Ends a process by SIGKILL: its connections break. */
  kill({ process, clients }: RigProcess): void {
    process.kill();
    for (const client of clients) client.vanish(false);
  }

  /** Breaks connections to a server. */
  cut(what: 'commands' | 'subscriptions', options: CutOptions = {}): void {
    const { of = this.processes, node = 0, arriving = 0, lateMs = 0 } = options;
    for (const { clients } of of) {
      const client = clients[node];
      if (what === 'commands') client?.commands.cut(arriving, lateMs);
      else for (const link of client?.subscriptions ?? []) link.cut(arriving, lateMs);
    }
  }

  /** What a process gets from a server from now on is under way for so much longer; with infinity, it is lost. */
  delay({ clients }: RigProcess, what: 'commands' | 'subscriptions', byMs: number, node = 0): void {
    const client = clients[node];
    const links = what === 'commands' ? client && [client.commands] : client?.subscriptions;
    for (const link of links ?? []) link.extraDelayMs = byMs;
  }

  /**
   * A replica that has not seen the primary's last scripts takes over its address.
   *
   * @returns the primary, which is frozen.
   */
  failOver(node: number, missedScripts: number): SimulatedServer {
    const old = this.server(node);
    old.freeze();
    const successor = this.newServer(node);
    successor.takeOver(old, missedScripts);
    this.servers[node] = successor;
    return old;
  }

  /** @returns the value of a lock's key on each server. */
  holders(key: string): (string | undefined)[] {
    return this.servers.map((server) => server.holderOf(key));
  }

  /** @returns what is left of a lock's TTL on the first server, as PTTL has it. */
  pttl(key: string): number {
    return Number(this.server().redis.call('PTTL', key));
  }

  /** Sends a command to every server, past the lock. */
  call(name: string, ...args: string[]): void {
    for (const server of this.servers) server.redis.call(name, ...args);
  }

  /** @returns the keys that locks have in any server, but for fencing tokens. */
  keys(): string[] {
    const keys = this.servers.flatMap((server) => server.redis.call('KEYS', '*') as string[]);
    return keys.filter((key) => !key.endsWith(':fence'));
  }

  /** @returns the ids in a lock's queue on the first server, first come first. */
  queue(key: string): string[] {
    return this.server().redis.call('ZRANGE', `{${key}}:queue`, '0', '-1') as string[];
  }

  /** Closes every lock. @throws when anything is left then, in Redis or in a process. */
  async finish(): Promise<void> {
    this.thaw();
    for (const server of this.servers) if (server.state === 'down') server.restart(0);
    const alive = this.processes.filter(({ process }) => !process.isKilled);
    for (const { process } of alive) process.resume();
    await this.until(Promise.all(alive.map(({ lock }) => lock.close())));
    for (const client of alive.flatMap(({ clients }) => clients)) client.commands.end();
    await this.pass(longMs);
    const left = this.keys();
    for (const { process, lock } of alive) {
      if (process.timers.size > 0) left.push(`${process.name}: ${process.timers.size} timers`);
      for (const [what, count] of Object.entries(lock.counts())) if (count > 0) left.push(`${what}: ${count}`);
    }
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    if (this.uncaught.length > 0) throw new AggregateError(this.uncaught, `uncaught: ${this.uncaught.join(', ')}`);
  }

  #links() {
    return this.processes.flatMap(({ clients }) => clients.flatMap((client) => client.links));
  }

  async #pass(durationMs: number, isOver: () => boolean): Promise<void> {
    if (this.#passing) throw new Error('time is passing already: await this where the rig is driven');
    this.#passing = true;
    try {
      await this.time.pass(durationMs, isOver);
    } finally {
      this.#passing = false;
    }
  }
}

/** The two kinds of lock, for `describe.each`. */
export const kinds = [
  { kind: 'one Redis', servers: 1 },
  { kind: 'five nodes', servers: 5 },
] as const;

/** @throws when the lease was not granted. */
export function leaseOf(acquisition: Acquisition): Lease {
  if (acquisition.outcome === 'acquired') return acquisition.lease;
  const { cause } = acquisition as { cause?: Error };
  throw new Error(`not acquired: ${acquisition.outcome}`, { cause });
}

/** Runs a test on servers of its own. Unless it has failed, checks that nothing is left behind. */
export async function withRig(
  options: RigOptions,
  body: (rig: Rig) => Promise<void>,
  hasFailed: () => boolean = () => false,
): Promise<void> {
  const rig = new Rig(options);
  const onRejection = (error: unknown): void => void rig.uncaught.push(error);
  process.on('unhandledRejection', onRejection);
  try {
    await body(rig);
    if (!hasFailed()) await rig.finish();
  } finally {
    await settled();
    process.removeListener('unhandledRejection', onRejection);
  }
}
