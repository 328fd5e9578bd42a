import { type Call, keyName, type LeaseRecord, type Member } from '../world/observer.ts';
import type { RanRequest } from '../world/request-effects.ts';
import type { SimulatedServer } from '../world/simulated-server.ts';
import type { CheckContext } from './check-context.ts';

/** The interval of the checks, in virtual milliseconds. */
const everyMs = 50;
/** The longest time that a grant may stay unused after a fault: a recheck each second, and its answer. */
const afterFaultMs = 2500;
/** The same without faults: notifications may be late, and a subscription has to be opened. */
const withoutFaultMs = 700;
/** The same on several nodes, where votes may be split repeatedly. */
const splitMs = 2500;
/** Longer than any fault lasts, until the connections are back. */
const longestFaultMs = 5000;
/** The TTL of an offer to a waiter without a counted subscription: OFFER_MS in grant.lua, and drift. */
const mostOfferMs = 510;
/** The time after which the connections of a killed process are certainly closed. */
const noticedMs = 3100;
/**
 * The budget of requests from one process to one server: a burst, a rate per second and per TTL, and a number per call.
 */
const atOnce = 400;
const perSecond = 60;
const perTtl = 6;
const perCall = 6;

const keys = [keyName(0), keyName(1)];

/** Checks that a lock with waiters is in use, and that waiting takes few requests. */
export class ServiceChecker {
  readonly #context: CheckContext;
  readonly #unusedSince = new Map<string, number>();
  /** By key and server: the id that holds the lock without a lease, and since when. */
  readonly #forgotten = new Map<string, { readonly id: string; readonly since: number }>();
  /** Ids of requests that took effect after a possible release. */
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
  onRequest(server: SimulatedServer, ran: RanRequest): void {
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

  /** A lease was granted: the lock is in use. */
  onGranted({ key }: LeaseRecord): void {
    for (const name of this.#forgotten.keys()) if (name.startsWith(`${key} `)) this.#forgotten.delete(name);
    this.#unusedSince.delete(key);
  }

  /** A user of this member made a call. */
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
   * A living process uses a grant or releases it. Exceptions: a request that takes effect after its release, which the
   * TTL ends, and TTLs shorter than the faults, since a release is repeated only for the TTL of its acquire.
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

  /** A lock granted to a process that the server knows to be dead is free again soon. */
  #checkOffer(server: SimulatedServer, { key, args, before, after }: RanRequest): void {
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

/** @returns how long a condition has held: 0 if it does not hold, or holds for the first time. */
function lasting(since: Map<string, number>, name: string, isSo: boolean, now: number): number {
  if (!isSo) since.delete(name);
  else if (!since.has(name)) since.set(name, now);
  return now - (since.get(name) ?? now);
}
