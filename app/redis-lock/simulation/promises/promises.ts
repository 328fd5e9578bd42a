import type { Call, LeaseRecord, Member, WorldObserver } from '../world/observer.ts';
import { outOfOrder, type RanRequest, unsafe } from '../world/request-effects.ts';
import type { SimulatedServer } from '../world/simulated-server.ts';
import type { World } from '../world/world.ts';
import { AnswerChecker } from './answers.ts';
import type { CheckContext, PromiseName } from './check-context.ts';
import { LeaseCourseChecker } from './lease-course.ts';
import { ServiceChecker } from './service.ts';
import { WaitingChecker } from './waiting.ts';

export type { PromiseName } from './check-context.ts';

export interface Violation {
  readonly promise: PromiseName;
  readonly atMs: number;
  readonly what: string;
}

/** Without faults, a message may take longer than a node timeout below this, in milliseconds. */
const shortTimeoutMs = 100;
/** The longest delay of a message, in milliseconds. */
const longestDelayMs = 1000;
/** How late after its wait an acquire may settle, in node timeouts. */
const settleTimeouts = 6;
/** Rounding of timers and of Redis's expiry, in milliseconds. */
const roundingMs = 0.001;

/** Checks every promise after every event. */
export class PromiseChecker implements WorldObserver, CheckContext {
  readonly violations: Violation[] = [];
  /** The checked world. Set once. */
  world!: World;
  readonly #open: LeaseRecord[] = [];
  readonly #highest = new Map<string, LeaseRecord>();
  readonly nodeTimeoutMs: number;
  readonly #ignoresLosses: boolean;
  readonly #answers = new AnswerChecker(this);
  readonly #service = new ServiceChecker(this);
  readonly #courses = new LeaseCourseChecker(this);
  readonly #waiting = new WaitingChecker(this);
  calmFrom = 0;
  isDisturbed = false;
  /** True if no script ran and no lease was granted since the leases were compared with the servers. */
  #isKeptChecked = true;

  /**
   * @param ignoresLosses whether two holders count as a violation even after a loss that the promise does not cover.
   */
  constructor(nodeTimeoutMs: number, ignoresLosses: boolean) {
    this.nodeTimeoutMs = nodeTimeoutMs;
    this.#ignoresLosses = ignoresLosses;
    this.isDisturbed = nodeTimeoutMs < shortTimeoutMs;
  }

  get settleMs(): number {
    return settleTimeouts * this.nodeTimeoutMs + 100;
  }

  onCalled(call: Call): void {
    this.#waiting.onCalled(call);
    this.#service.onUse(call.member);
  }

  onSettled(call: Call): void {
    const earlier = this.#waiting.with(call).filter(({ number }) => number < call.number);
    this.#answers.onSettled(call, earlier);
  }

  onAborted(call: Call): void {
    this.#answers.onAbort(call);
  }

  onReleasing(granted: LeaseRecord, validForMs: number, answer: Promise<string>): void {
    this.#service.onUse(granted.member);
    this.#courses.onEnded(granted);
    void this.#answers.onRelease(granted, validForMs, answer, this.#waiting.with(granted.call).length > 0);
  }

  onExtending(granted: LeaseRecord, ttlMs: number, validForMs: number, answer: Promise<string>): void {
    this.#service.onUse(granted.member);
    this.#courses.onExtending(granted, ttlMs);
    void this.#answers.onExtend(granted, ttlMs, validForMs, answer);
  }

  onClosing(member: Member, closing: Promise<void>): void {
    this.#answers.onClose(member, closing);
  }

  onGranted(granted: LeaseRecord): void {
    const { key, lease, member } = granted;
    const { world } = this;
    const last = this.#highest.get(key);
    const isLost = world.all.some(({ hasLost }) => hasLost);
    // Two majorities may share only a node that has lost its data: then tokens are as far apart as the callers' clocks.
    const clocksDiffer = last !== undefined && last.member.process.wallClock() !== member.process.wallClock();
    const tokensMayRepeat = isLost && (world.faults.clockSetBack || (world.servers.length > 1 && clocksDiffer));
    // Two processes may then hold it, and receive their grants in the opposite order.
    const mayCross =
      world.faults.clockSetAhead && last !== undefined && world.time.now < last.grantedAt + longestDelayMs;
    // A hand-over within a process whose grant the server has lost: the resource refuses the old grant's tokens.
    const isOfLostGrant = world.faults.mayHaveTwoHolders && !this.#isKept(key, member);
    if (last && member.fencing && lease.token <= last.lease.token && !tokensMayRepeat && !mayCross && !isOfLostGrant) {
      this.report(
        'tokens grow',
        `${key}: ${member.process.name} has token ${lease.token} after ${last.member.process.name} had ${last.lease.token}`,
      );
    }
    if (!last || lease.token > last.lease.token) this.#highest.set(key, granted);
    this.#open.push(granted);
    this.#answers.onGranted(granted);
    this.#courses.onGranted(granted, this.#competing(granted.call));
    this.#service.onUse(member);
    this.#service.onGranted(granted);
    this.#isKeptChecked = false;
  }

  /** Whether a quorum of servers holds the lock for this member. */
  #isKept(key: string, { prefix }: Member): boolean {
    const { servers } = this.world;
    const keeping = servers.filter((server) => server.holderOf(key)?.startsWith(`${prefix}:`)).length;
    return keeping > servers.length / 2;
  }

  onRan(server: SimulatedServer, ran: RanRequest): void {
    const { key, args, before, after } = ran;
    this.#isKeptChecked = false;
    if (after.holder !== undefined) this.#waiting.onHeld(key);
    if (before.holder !== undefined && after.holder !== before.holder && !args.includes(before.holder)) {
      this.report(
        'only the holder frees it',
        `server ${server.name}: ${before.holder} became ${after.holder} by ${args.join(' ')}`,
      );
    }
    const wrong = this.world.faults.clockSetBack ? undefined : outOfOrder(ran); // the queue is in the order of the clock
    if (wrong) this.report('first come, first served', `${key}: ${wrong}`);
    const danger = unsafe(ran);
    if (danger) this.report('late requests are harmless', `${key}: ${danger}`);
    this.#service.onRequest(server, ran);
    for (const granted of this.#open) if (granted.key === key) this.#answers.onRan(granted);
  }

  onUncaught(error: unknown): void {
    this.report('no uncaught error', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  onDisturbed(until: number): void {
    this.isDisturbed = true;
    this.calmFrom = Math.max(this.calmFrom, until);
  }

  /** @returns whether a promise is broken. */
  check(): boolean {
    this.#checkLeases();
    this.#waiting.check(this.#open);
    this.#answers.check();
    this.#courses.check();
    this.#service.check(this.#waiting.calls, this.#open);
    return this.violations.length > 0;
  }

  /** Called after all locks are closed and all TTLs have ended. */
  checkLeftovers(): void {
    const { world } = this;
    for (const server of world.servers) {
      const keys = server.redis.call('KEYS', '*') as string[];
      if (keys.length > 0) this.report('nothing left', `server ${server.name} keeps ${keys.join(', ')}`);
    }
    if (world.ended > world.calls.length) {
      this.report('answers are true', `${world.ended} of ${world.calls.length} acquires have ended`);
    }
    for (const { process, lock } of world.members) {
      if (process.timers.size > 0) this.report('nothing left', `${process.name} has ${process.timers.size} timers`);
      const counts = Object.entries(lock.counts()).filter(([, count]) => count > 0);
      if (counts.length > 0) this.report('nothing left', `${process.name}: ${counts.join(', ')}`);
    }
  }

  #checkLeases(): void {
    const { world } = this;
    for (let index = this.#open.length - 1; index >= 0; index--) {
      const granted = this.#open[index] as LeaseRecord;
      if (!granted.member.process.isKilled && granted.lease.validForMs() > 0) continue;
      this.#open.splice(index, 1);
      this.#waiting.onLeaseEnded(granted);
    }
    if (world.faults.mayHaveTwoHolders && !this.#ignoresLosses) return;
    this.#open.forEach((granted, index) => {
      const rival = this.#open.find(({ key }, other) => other < index && key === granted.key);
      if (rival) {
        this.report('one holder', `${granted.key}: ${describe(rival)} and ${describe(granted)}`);
      }
    });
    if (this.#isKeptChecked || world.faults.mayHaveTwoHolders) return;
    this.#isKeptChecked = true;
    for (const granted of this.#open) this.#checkKept(granted);
  }

  /** A quorum of servers keeps the lock for the lease's validity. Servers that lost data count as keeping it. */
  #checkKept({ key, lease, member }: LeaseRecord): void {
    const { world } = this;
    const neededMs = lease.validForMs() / member.process.clockRate;
    let keeping = 0;
    let longest = 0;
    for (const server of world.servers) {
      const keptMs = server.hasLost ? Number.POSITIVE_INFINITY : server.keptFor(key, `${member.prefix}:`);
      if (keptMs + roundingMs >= neededMs) keeping += 1;
      longest = Math.max(longest, keptMs);
    }
    if (keeping >= Math.floor(world.servers.length / 2) + 1) return;
    const what = `${key}: ${member.process.name} believes ${neededMs.toFixed(1)} ms, ${keeping} of ${world.servers.length} servers keep it so long (at most ${longest.toFixed(1)} ms)`;
    this.report('valid only as long as the servers keep it', what);
  }

  /** The calls that waited with this one until it was granted. */
  #competing({ key, member, number }: Call): number {
    const { calls, time } = this.world;
    return calls.filter(
      (call) =>
        call.key === key &&
        call.member === member &&
        call.number !== number &&
        (call.outcome === undefined || call.settledAt === time.now),
    ).length;
  }

  report(promise: PromiseName, what: string): void {
    this.violations.push({ promise, atMs: this.world.time.now, what });
  }
}

const describe = ({ member, lease }: LeaseRecord): string =>
  `${member.process.name} (token ${lease.token}, ${lease.validForMs().toFixed(1)} ms left)`;
