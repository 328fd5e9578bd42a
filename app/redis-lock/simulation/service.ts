import type { CheckContext } from './check-context.ts';
import type { RanScript } from './script-effects.ts';
import type { SimulatedServer } from './simulated-server.ts';
import { type Call, keyName, type LeaseRecord, type Member } from './world.ts';

/** How often it is checked, in virtual milliseconds. */
const everyMs = 50;
/** For how long a grant may be unused after a fault: a look each second, and an answer to it. */
const afterFaultMs = 2500;
/** The same without any fault: notifications can be late, and a subscription has to be opened. */
const withoutFaultMs = 700;
/** The same on several nodes, where a vote may be split again and again. */
const splitMs = 2500;
/** Longer than any fault lasts, until the connections are back. */
const longestFaultMs = 5000;
/** For how long a lock is offered where no subscriber is counted: OFFER_MS in grant.lua, and drift. */
const mostOfferMs = 510;
/** So long after a process has ended its connections are closed for certain. */
const noticedMs = 3100;
/** Requests of one process to one server: so many at once, so many a second and a TTL, and so many for each call. */
const atOnce = 400;
const perSecond = 60;
const perTtl = 6;
const perCall = 6;

const keys = [keyName(0), keyName(1)];

/** Checks that locks are used while one waits for them, and that waiting costs few requests. */
export class ServiceChecker {
  readonly #context: CheckContext;
  readonly #unusedSince = new Map<string, number>();
  /** By key and server: the id that has the lock there without a lease, and since when. */
  readonly #forgotten = new Map<string, { readonly id: string; readonly since: number }>();
  /** Ids of requests that took effect after they may have been given up. */
  readonly #late = new Set<string>();
  readonly #requests = new Map<string, { left: number; at: number }>();
  #checkedAt = 0;

  constructor(context: CheckContext) {
    this.#context = context;
  }

  /** @param calls those that wait. @param leases those that are valid. */
  check(calls: Iterable<Call>, leases: readonly LeaseRecord[]): void {
    const { now } = this.#context.world.time;
    if (now < this.#checkedAt + everyMs) return;
    this.#checkedAt = now;
    for (const key of keys) {
      const waiting = [...calls].filter(
        (call) => call.key === key && call.outcome === undefined && !call.member.process.isKilled,
      );
      const held = leases.filter((granted) => granted.key === key);
      if (!this.#context.isDisturbed) this.#checkUnused(key, waiting, held);
      for (const server of this.#context.world.servers) this.#checkForgotten(key, server, held);
    }
  }

  /** A request of a member has arrived at a server. */
  onRequest(server: SimulatedServer, ran: RanScript): void {
    const [id = ''] = ran.args;
    if (ran.isLate) this.#late.add(id);
    this.#checkOffer(server, ran);
    const { time, shortestTtlMs } = this.#context.world;
    const { now } = time;
    const [prefix = ''] = id.split(':');
    const name = `${prefix} ${server.name}`;
    const before = this.#requests.get(name) ?? { left: atOnce, at: now };
    const perMs = perSecond / 1000 + perTtl / shortestTtlMs; // leases are renewed three times in each TTL
    const left = Math.min(atOnce, before.left + (now - before.at) * perMs) - 1;
    this.#requests.set(name, { left, at: now });
    if (left < 0) this.#context.report('few requests', `${prefix} asks server ${server.name} on and on`);
  }

  /** A lease was granted: what holds the lock is used. */
  onGranted({ key }: LeaseRecord): void {
    for (const name of this.#forgotten.keys()) if (name.startsWith(`${key} `)) this.#forgotten.delete(name);
    this.#unusedSince.delete(key);
  }

  /** A user of this member has asked for something. */
  onUse(member: Member): void {
    for (const [name, requests] of this.#requests) {
      if (name.startsWith(`${member.prefix} `)) requests.left += perCall;
    }
  }

  #checkUnused(key: string, waiting: readonly Call[], held: readonly LeaseRecord[]): void {
    const { now } = this.#context.world.time;
    const waits = waiting.some((call) => call.waitMs > 0 && !call.wasAborted);
    const forMs = lasting(this.#unusedSince, key, waits && held.length === 0, now);
    if (forMs <= (this.#context.world.servers.length === 1 ? withoutFaultMs : splitMs)) return;
    this.#context.report('no waiter left behind', `${key}: without a lease for ${forMs.toFixed(0)} ms, and one waits`);
  }

  /**
   * A process that lives gives up what it does not use, or uses it. It cannot for a request that takes effect after it was
   * given up: the TTL ends that. And it gives up trying after the TTL of the newest acquire, even if the grant was for longer:
   * this counts only where every TTL is longer than any fault.
   */
  #checkForgotten(key: string, server: SimulatedServer, held: readonly LeaseRecord[]): void {
    const { world, nodeTimeoutMs, calmFrom, isDisturbed } = this.#context;
    const { now } = world.time;
    const name = `${key} ${server.name}`;
    const id = server.state === 'up' && !server.hasLost ? server.holderOf(key) : undefined;
    const owner = id === undefined ? undefined : world.members.find(({ prefix }) => id.startsWith(`${prefix}:`));
    const isUnused =
      id !== undefined &&
      owner !== undefined &&
      !owner.closing &&
      !this.#late.has(id) &&
      !(isDisturbed && world.shortestTtlMs < longestFaultMs) &&
      !held.some((granted) => granted.member === owner);
    if (!isUnused) {
      this.#forgotten.delete(name);
      return;
    }
    const before = this.#forgotten.get(name);
    const unused = before?.id === id ? before : { id, since: now };
    this.#forgotten.set(name, unused);
    const forMs = now - Math.max(unused.since, isDisturbed ? calmFrom : 0);
    if (forMs <= afterFaultMs + 2 * nodeTimeoutMs) return;
    this.#context.report(
      'no grant forgotten',
      `${key}: ${id} has it on server ${server.name} for ${forMs.toFixed(0)} ms`,
    );
  }

  /** What is handed to a process whose end the server has noticed is free again soon. */
  #checkOffer(server: SimulatedServer, { key, args, before, after }: RanScript): void {
    const { world } = this.#context;
    const { holder } = after;
    if (holder === undefined || holder === before.holder || holder === args[0]) return;
    const killedAt = world.faults.killedAt.get(holder.split(':')[0] ?? '');
    if (killedAt === undefined || killedAt + noticedMs > world.time.now) return;
    const forMs = server.keptFor(key, holder);
    if (forMs <= mostOfferMs) return;
    this.#context.report(
      'no waiter left behind',
      `${key}: handed to a process that is dead, for ${forMs.toFixed(0)} ms`,
    );
  }
}

/** @returns for how long something has been so: 0 when it is not, or is so now for the first time. */
function lasting(since: Map<string, number>, name: string, isSo: boolean, now: number): number {
  if (!isSo) since.delete(name);
  else if (!since.has(name)) since.set(name, now);
  return now - (since.get(name) ?? now);
}
