import type { LeaseRecord } from '../world/observer.ts';
import type { CheckContext } from './check-context.ts';

/** The validity that a lease may lose without an extension by its user: drift, and a delayed renewal. */
const shorterMs = (ttlMs: number): number => 0.01 * ttlMs + 3;
/** From this TTL on, message delays without faults are negligible. */
const longTtlMs = 300;
/** A lock is handed over only with at least this share of a new grant's validity. */
const nearlyNew = 0.9;
/** The default `maxHoldMs`, in TTLs. */
const mostTtls = 10;
/** Number of tokens in one grant: TOKENS in mint.lua. */
const tokens = 16;

/** A lease from its grant to its end. */
interface Course {
  readonly granted: LeaseRecord;
  /** On its process's monotonic clock. */
  expiresAt: number;
  /** The TTLs of its user's extensions. */
  readonly extensions: number[];
  extensionsSeen: number;
}

/** Checks that leases last for their TTL, are renewed up to `maxHoldMs`, and are handed over in turn. */
export class LeaseCourseChecker {
  readonly #context: CheckContext;
  readonly #courses = new Map<LeaseRecord, Course>();
  readonly #chains = new Map<string, { token: bigint; handedOver: number; waited: number; ttlMs: number }>();

  constructor(context: CheckContext) {
    this.#context = context;
  }

  /** @param waiting the number of other calls that waited in the same process. */
  onGranted(granted: LeaseRecord, waiting: number): void {
    const { lease, member, call } = granted;
    const leftMs = lease.validForMs();
    const expiresAt = member.process.now() + leftMs;
    this.#courses.set(granted, { granted, expiresAt, extensions: [], extensionsSeen: 0 });
    if (!this.#context.isDisturbed && call.ttlMs >= longTtlMs && leftMs < 0.45 * call.ttlMs) {
      this.#wrong(granted, `begins with ${leftMs.toFixed(1)} of ${call.ttlMs} ms`);
    }
    this.#checkTurns(granted, waiting);
  }

  onExtending(granted: LeaseRecord, ttlMs: number): void {
    this.#courses.get(granted)?.extensions.push(ttlMs);
  }

  /** It is released, or its lock is closed. */
  onEnded(granted: LeaseRecord): void {
    this.#courses.delete(granted);
  }

  /** Called after every event. */
  check(): void {
    for (const course of this.#courses.values()) this.#check(course);
  }

  /** The calls that waited at the grant get the lock one after the other; then it is other processes' turn. */
  #checkTurns(granted: LeaseRecord, waiting: number): void {
    const { key, member, lease, call } = granted;
    const name = `${member.prefix} ${key}`;
    const chain = this.#chains.get(name);
    const { clockSetBack, mayHaveTwoHolders } = this.#context.world.faults;
    if (clockSetBack || mayHaveTwoHolders || !member.fencing) return; // tokens then do not distinguish grants
    if (!chain || lease.token !== chain.token + 1n || chain.handedOver + 1 >= tokens) {
      const waited = call.minToken === undefined ? waiting : tokens; // some may have left during the upgrade
      this.#chains.set(name, { token: lease.token, handedOver: 0, waited, ttlMs: call.ttlMs });
      return;
    }
    const leftMs = lease.validForMs();
    const isUpgraded = call.minToken !== undefined || call.ttlMs > chain.ttlMs;
    if (!isUpgraded && leftMs < nearlyNew * call.ttlMs - shorterMs(call.ttlMs)) {
      this.#wrong(granted, `was handed over with ${leftMs.toFixed(1)} of ${call.ttlMs} ms`);
    }
    chain.token = lease.token;
    chain.ttlMs = Math.max(chain.ttlMs, call.ttlMs);
    chain.handedOver += 1;
    if (chain.handedOver <= chain.waited) return;
    this.#context.report('first come, first served', `${describe(granted)} was handed over although its turn was over`);
  }

  #check(course: Course): void {
    const { granted, extensions } = course;
    const { lease, member, call } = granted;
    const longestTtlMs = Math.max(call.ttlMs, ...extensions);
    const { process } = member;
    if (process.isKilled || member.closing) {
      this.#courses.delete(granted);
      return;
    }
    const now = process.now();
    const leftMs = lease.validForMs();
    const { isDisturbed } = this.#context;
    if (leftMs === 0) {
      this.#courses.delete(granted);
      if (isDisturbed && !this.#isKept(course)) return;
      const toleratedMs = member.autoExtend || isDisturbed ? shorterMs(longestTtlMs) : 0.01;
      if (now < course.expiresAt - toleratedMs)
        this.#wrong(granted, `is over ${(course.expiresAt - now).toFixed(1)} ms early`);
      if (!isDisturbed) this.#checkRenewed(course);
      return;
    }
    const isShorter = now + leftMs < course.expiresAt - shorterMs(longestTtlMs);
    if (isShorter && extensions.length === course.extensionsSeen) this.#wrong(granted, 'has become shorter by itself');
    course.expiresAt = now + leftMs;
    course.extensionsSeen = extensions.length;
    const heldMs = this.#heldMs(granted);
    if (extensions.length === 0 && heldMs > Math.max(mostTtls * member.ttlMs, call.ttlMs) + 1) {
      this.#wrong(granted, `is still renewed after ${heldMs.toFixed(0)} ms`);
    }
  }

  /** Whether every server still keeps the lock for what the lease had left, and has lost nothing: then no fault ends it. */
  #isKept({ granted: { key, member }, expiresAt }: Course): boolean {
    const leftMs = (expiresAt - member.process.now()) / member.process.clockRate;
    return this.#context.world.servers.every(
      (server) => !server.hasLost && server.keptFor(key, `${member.prefix}:`) >= leftMs,
    );
  }

  #checkRenewed({ granted, extensions }: Course): void {
    const { member, call } = granted;
    if (!member.autoExtend || Math.min(call.ttlMs, member.ttlMs, ...extensions) < longTtlMs) return;
    const heldMs = this.#heldMs(granted);
    if (heldMs < 0.9 * mostTtls * member.ttlMs - 100)
      this.#wrong(granted, `was renewed for ${heldMs.toFixed(0)} ms only`);
  }

  #heldMs({ grantedAt, member }: LeaseRecord): number {
    return (this.#context.world.time.now - grantedAt) * member.process.clockRate;
  }

  #wrong(granted: LeaseRecord, what: string): void {
    this.#context.report('a lease lasts', `${describe(granted)} ${what}`);
  }
}

const describe = ({ key, member, lease }: LeaseRecord): string =>
  `${key}: ${member.process.name}, token ${lease.token},`;
