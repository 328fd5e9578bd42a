import { type Call, keyName, type LeaseRecord, type Member } from '../world/observer.ts';
import type { CheckContext } from './check-context.ts';

/** The longest time that a lock may be free with a waiter: a recheck each second, and its answer. */
const leftBehindMs = 2500;
/** The interval of that check, in virtual milliseconds. */
const checkMs = 50;

/** Checks that every acquire settles in time, and that no lock stays free while a call waits for it. */
export class WaitingChecker {
  readonly #context: CheckContext;
  readonly #calls = new Set<Call>();
  /** Since when a quorum of servers has had no holder, by key. */
  readonly #freeSince = new Map<string, number>();
  /**
   * When the last lease of a process ended, by process and key: local waiters queue behind it even if servers lost it.
   */
  readonly #ownLeaseEnd = new Map<string, number>();
  #checkedAt = 0;

  constructor(context: CheckContext) {
    this.#context = context;
  }

  /** The calls that wait. */
  get calls(): ReadonlySet<Call> {
    return this.#calls;
  }

  onCalled(call: Call): void {
    this.#calls.add(call);
    this.#expectSettled(call);
  }

  /** A server has a holder for the key. */
  onHeld(key: string): void {
    this.#freeSince.delete(key);
  }

  onLeaseEnded(granted: LeaseRecord): void {
    this.#ownLeaseEnd.set(ownLeaseName(granted), this.#context.world.time.now);
  }

  /** The calls that wait for the same key in the same process. */
  with({ key, member }: Call): Call[] {
    return [...this.#calls].filter((call) => call.key === key && call.member === member && call.outcome === undefined);
  }

  /** @param open the leases that are valid. */
  check(open: readonly LeaseRecord[]): void {
    const { world, calmFrom, nodeTimeoutMs } = this.#context;
    if (this.#calls.size === 0 || world.time.now < this.#checkedAt + checkMs) return;
    this.#checkedAt = world.time.now;
    for (const call of this.#calls) {
      if (call.outcome !== undefined || call.member.process.isKilled) this.#calls.delete(call);
    }
    for (const key of [keyName(0), keyName(1)]) {
      const since = this.#freeSince.get(key);
      const isFree = this.#isFree(key);
      if (!isFree) this.#freeSince.delete(key);
      else if (since === undefined) this.#freeSince.set(key, world.time.now);
      if (!isFree || since === undefined) continue;
      for (const call of this.#calls) {
        if (call.key !== key || call.waitMs === 0) continue;
        // A lease of its own process counts as held until it ends, even if servers lost it.
        if (open.some(({ member, key: held }) => member === call.member && held === key)) continue;
        const from = Math.max(since, call.calledAt, calmFrom, this.#ownLeaseEnd.get(ownLeaseName(call)) ?? 0);
        if (world.time.now - from < leftBehindMs + 2 * nodeTimeoutMs) continue;
        const what = `${key}: free for ${(world.time.now - from).toFixed(0)} ms, ${call.member.process.name} waits`;
        this.#context.report('no waiter left behind', what);
        break;
      }
    }
  }

  #expectSettled(call: Call): void {
    const { world, settleMs } = this.#context;
    const { process } = call.member;
    const boundMs = call.waitMs / process.clockRate + settleMs;
    const look = (): void => {
      if (call.outcome !== undefined || process.isKilled) {
        this.#calls.delete(call);
        return;
      }
      const left = call.calledAt + boundMs + process.pausedMs() - call.pausedMs - world.time.now;
      if (left > 0 || process.isPaused) world.time.after(Math.max(left, 1), look);
      else this.#context.report('every acquire settles', `${call.key}: ${process.name}, ${boundMs} ms after its call`);
    };
    world.time.after(boundMs, look);
  }

  /** Whether a quorum of servers has no holder for it. */
  #isFree(key: string): boolean {
    const { servers } = this.#context.world;
    const free = servers.filter((server) => server.holderOf(key) === undefined).length;
    return free >= Math.floor(servers.length / 2) + 1;
  }
}

const ownLeaseName = ({ member, key }: { member: Member; key: string }): string => `${member.process.name} ${key}`;
