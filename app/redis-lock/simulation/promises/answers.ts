import type { Call, LeaseRecord, Member } from '../world/observer.ts';
import type { SimulatedProcess } from '../world/simulated-process.ts';
import type { CheckContext } from './check-context.ts';

/** With this much validity left, a release or an extension must succeed without faults, in milliseconds. */
const certainMs = 200;
/** The longest delay of a timer, in milliseconds. */
const timerMs = 5;
/** Rounding of floating-point numbers, in milliseconds. */
const roundingMs = 0.001;
/** The longest close, in node timeouts: a lease being upgraded, a release, requests in flight, and pending releases. */
const closeTimeouts = 5;

/** Checks that the lock's answers are true, and that signals abort in time. */
export class AnswerChecker {
  readonly #context: CheckContext;
  readonly #released = new Set<LeaseRecord>();
  readonly #valid = new Set<LeaseRecord>();
  /** For each lease: the number of extensions so far, and of those in flight. */
  readonly #extensions = new Map<LeaseRecord, { asked: number; open: number }>();
  /** Leases that a quorum of servers did not hold without interruption. */
  readonly #broken = new Set<LeaseRecord>();
  #leases = 0;

  constructor(context: CheckContext) {
    this.#context = context;
  }

  onGranted(granted: LeaseRecord): void {
    this.#valid.add(granted);
    const { minToken } = granted.call;
    if (minToken !== undefined && granted.lease.token <= minToken) this.#wrong(granted, `is not minToken ${minToken}`);
    if (this.#leases++ % 2 === 0) void granted.lease.signal; // the other half ask for it after the loss
  }

  /** @param earlier calls of the same lock for the same key that are still waiting. */
  onSettled(call: Call, earlier: readonly Call[]): void {
    const { key, member, outcome, wasAborted } = call;
    const name = member.process.name;
    if (wasAborted && outcome === 'acquired') {
      this.#context.report('an aborted acquire ends', `${key}: ${name} got the lock although it aborted its acquire`);
    }
    this.#checkRefused(call);
    if (outcome === 'acquired' && earlier.length > 0) {
      this.#context.report('first come, first served', `${key}: an earlier acquire of ${name} still waits`);
    }
  }

  /** A script has run on the key of this lease. */
  onRan(granted: LeaseRecord): void {
    const { servers } = this.#context.world;
    const holding = servers.filter((server) => server.holderOf(granted.key)?.startsWith(`${granted.member.prefix}:`));
    // A server that restarted from an older state may serve the same queue entry again.
    if (holding.length < quorumOf(servers.length)) this.#broken.add(granted);
    else if (this.#context.world.faults.mayHaveTwoHolders) this.#broken.delete(granted);
  }

  /** @param isHandedOver true if other callers wait in the same process. */
  async onRelease(
    granted: LeaseRecord,
    validForMs: number,
    answer: Promise<string>,
    isHandedOver: boolean,
  ): Promise<void> {
    const { lease, member } = granted;
    const isBroken = this.#isLostNow(granted) && !isHandedOver;
    if (lease.validForMs() > 0) this.#wrong(granted, 'is valid after its release');
    if (this.#released.has(granted) || granted.member.closing) return;
    if (validForMs > 0) this.#released.add(granted);
    const isCertain = this.#isCertain(granted, validForMs);
    let isAnswered = false;
    this.#after(member.process, 2 * this.#context.nodeTimeoutMs + 100, () => {
      if (!isAnswered) this.#wrong(granted, 'was released, and there is no answer');
    });
    const outcome = await answer;
    isAnswered = true;
    if (outcome === 'released' && isBroken) this.#wrong(granted, 'was lost by the server, and was released');
    if (outcome === 'released' && validForMs === 0) this.#wrong(granted, 'had run out, and was released');
    if (outcome === 'expired' && isCertain && this.#isCertain(granted, validForMs)) {
      this.#wrong(granted, `had ${validForMs.toFixed(1)} ms left, and its release says "expired"`);
    }
    if (validForMs > 0 && lease.signal.aborted) {
      this.#context.report(
        'a lost lease aborts its signal',
        `${describe(granted)} was released, and its signal aborts`,
      );
    }
  }

  async onExtend(granted: LeaseRecord, ttlMs: number, validForMs: number, answer: Promise<string>): Promise<void> {
    const { lease, member } = granted;
    const { process } = member;
    const calledAt = process.now();
    const extensions = this.#extensions.get(granted) ?? { asked: 0, open: 0 };
    this.#extensions.set(granted, extensions);
    extensions.asked += 1;
    extensions.open += 1;
    const { asked, open } = extensions;
    const isCertain = this.#isCertain(granted, Math.min(validForMs, ttlMs), true);
    const wasBroken = this.#broken.has(granted) && this.#context.world.servers.length === 1;
    const answered = { is: false };
    this.#expectAnswer(granted, validForMs, answered);
    const outcome = await answer;
    answered.is = true;
    extensions.open -= 1;
    if (this.#released.has(granted) || member.closing) return;
    const isAlone = open === 1 && extensions.asked === asked;
    const leftMs = lease.validForMs();
    const promisedMs = ttlMs * 0.99 - 2 - (process.now() - calledAt);
    if (outcome === 'lost') {
      if (leftMs > 0) this.#wrong(granted, 'is lost by its extension, and valid');
      if (isCertain && isAlone && this.#isCertain(granted, Math.min(validForMs, ttlMs), true)) {
        this.#wrong(granted, `had ${validForMs.toFixed(1)} ms left, and was not extended`);
      }
    } else if (wasBroken && this.#broken.has(granted)) {
      this.#wrong(granted, 'was lost by the server, and was extended');
    } else if (validForMs === 0) {
      this.#wrong(granted, 'had run out, and was extended');
    } else if (isAlone && !member.autoExtend && leftMs < promisedMs - roundingMs) {
      this.#wrong(granted, `was extended to ${promisedMs.toFixed(1)} ms, and has ${leftMs.toFixed(1)} ms`);
    }
  }

  onAbort(call: Call): void {
    const { process } = call.member;
    this.#after(process, this.#context.settleMs, () => {
      if (call.outcome === undefined) {
        this.#context.report('an aborted acquire ends', `${call.key}: an acquire of ${process.name} goes on`);
      }
    });
  }

  onClose(member: Member, closing: Promise<void>): void {
    const { process, prefix } = member;
    const { world, nodeTimeoutMs } = this.#context;
    const report = (what: string): void => this.#context.report('close ends everything', `${prefix} ${what}`);
    let isClosed = false;
    this.#after(process, closeTimeouts * nodeTimeoutMs + 100, () => {
      if (!isClosed) report('is not closed yet');
    });
    const onClosed = (): void => {
      isClosed = true;
      if (world.calls.some((call) => call.member === member && call.outcome === undefined)) {
        report('is closed, and an acquire waits');
      }
      if (member.clients.some(({ subscriptions }) => subscriptions.size > 0)) {
        report('is closed, and a subscription is open');
      }
      if (world.leases.some((granted) => granted.member === member && granted.lease.validForMs() > 0)) {
        report('is closed, and a lease is valid');
      }
      // Pending releases may still be in flight.
      this.#after(process, 100, () => {
        if (this.#context.isDisturbed) return;
        const left = world.servers.flatMap((server) => server.idsOf(`${prefix}:`));
        if (left.length > 0) report(`is closed, and the servers have ${left.join(', ')}`);
      });
    };
    closing.then(onClosed, () => {}); // a rejection is an uncaught error
  }

  /** Called after every event. */
  check(): void {
    for (const granted of this.#valid) {
      const { lease, member } = granted;
      if (lease.validForMs() > 0) continue;
      this.#valid.delete(granted);
      if (this.#released.has(granted) || member.closing) continue;
      this.#after(member.process, timerMs, () => {
        if (this.#released.has(granted) || member.closing || lease.signal.aborted) return;
        const isRevived = lease.validForMs() > 0;
        if (isRevived) this.#wrong(granted, 'had run out, and is valid again');
        else this.#context.report('a lost lease aborts its signal', `${describe(granted)} was lost ${timerMs} ms ago`);
      });
    }
  }

  /** An extension is answered at the latest within a node timeout after its lease has ended. */
  #expectAnswer(granted: LeaseRecord, withinMs: number, answered: { readonly is: boolean }): void {
    const { nodeTimeoutMs } = this.#context;
    this.#after(granted.member.process, withinMs + 2 * nodeTimeoutMs + 100, () => {
      if (answered.is) return;
      const leftMs = granted.lease.validForMs();
      if (leftMs > 0) this.#expectAnswer(granted, leftMs, answered);
      else this.#wrong(granted, 'is over, and its extension is not answered');
    });
  }

  /** No waiting call is refused before the end of its wait, and none while a majority of servers can answer. */
  #checkRefused(call: Call): void {
    const { key, member, waitMs, outcome, calledAt } = call;
    const { world, nodeTimeoutMs, calmFrom } = this.#context;
    const waitedMs = (world.time.now - calledAt) * member.process.clockRate;
    if (outcome === 'busy' && waitedMs < waitMs - roundingMs) {
      const what = `${key}: ${member.process.name} was refused after ${waitedMs.toFixed(1)} of ${waitMs} ms`;
      this.#context.report('answers are true', what);
    }
    if (outcome !== 'unavailable' || nodeTimeoutMs < 200) return;
    if (world.shortestTtlMs < nodeTimeoutMs + 100) return; // a slow answer may come when the TTL is over
    // Connections may not be open yet. A call that joins such an attempt shares its outcome.
    const isEarly = (other: Call) => other.calledAt < member.openedAt + 100 && !(Number(other.settledAt) < calledAt);
    if (world.calls.some((other) => other.member === member && other.key === key && isEarly(other))) return;
    const faults = world.faults.injected.filter(({ kind }) => kind !== 'jump');
    const isCalm = calledAt > calmFrom + 1500 + 2 * nodeTimeoutMs && !faults.some(({ kind }) => kind === 'failover');
    const nodes = new Set(faults.map(({ node }) => node));
    nodes.delete(undefined);
    const isMajorityThere =
      nodes.size <= world.servers.length - quorumOf(world.servers.length) &&
      faults.every(({ atMs }) => atMs < calledAt) && // otherwise a node may have granted it without confirming
      !faults.some(({ kind }) => kind === 'pause');
    const [first, ...others] = faults;
    const ridesOut = waitMs > 0 && first?.kind === 'cut' && others.length === 0 && calledAt < first.atMs - 100;
    if (!isCalm && !isMajorityThere && !ridesOut) return;
    this.#context.report(
      'available while a majority is',
      `${key}: ${member.process.name} was refused as "unavailable"`,
    );
  }

  #wrong(granted: LeaseRecord, what: string): void {
    this.#context.report('answers are true', `${describe(granted)} ${what}`);
  }

  /** Whether the only server does not have it any more. */
  #isLostNow({ key, member }: LeaseRecord): boolean {
    const [server, ...others] = this.#context.world.servers;
    return others.length === 0 && !server?.holderOf(key)?.startsWith(`${member.prefix}:`);
  }

  /**
   * True if no fault excuses the loss of a lease with this validity left.
   *
   * @param isRepeated true if the request is repeated after a lost connection: one cut is then no excuse.
   */
  #isCertain({ member }: LeaseRecord, leftMs: number, isRepeated = false): boolean {
    if (leftMs <= certainMs || member.process.isPaused) return false;
    const { isDisturbed, nodeTimeoutMs, world } = this.#context;
    const faults = world.faults.injected.filter(({ kind }) => kind !== 'jump');
    const isCut = faults.length === 1 && faults[0]?.kind === 'cut' && nodeTimeoutMs >= 200;
    return !isDisturbed || (isRepeated && isCut && leftMs > 5 * certainMs);
  }

  /** Calls back after the process has run for `delayMs` without a pause; never once it is killed. */
  #after(process: SimulatedProcess, delayMs: number, callback: () => void): void {
    const { time } = this.#context.world;
    let pausedMs = process.pausedMs();
    const look = (): void => {
      if (process.isKilled) return;
      const paused = process.pausedMs();
      if (paused === pausedMs && !process.isPaused) {
        callback();
        return;
      }
      pausedMs = paused;
      time.after(delayMs, look);
    };
    time.after(delayMs, look);
  }
}

const quorumOf = (servers: number): number => Math.floor(servers / 2) + 1;

const describe = ({ key, member, lease }: LeaseRecord): string =>
  `${key}: ${member.process.name}, token ${lease.token}`;
