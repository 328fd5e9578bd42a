import type { LockListener } from '../../src/types.ts';
import type { Action, Schedule, ServerConfig } from '../schedule.ts';
import { Faults, type FaultTarget } from './faults.ts';
import { openLock } from './lock-process.ts';
import { type Call, keyName, type LeaseRecord, type Member, type WorldObserver } from './observer.ts';
import { randomStream } from './random.ts';
import { effectOf } from './request-effects.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { SimulatedServer } from './simulated-server.ts';
import { VirtualTime } from './virtual-time.ts';

/** How far `minToken` may be ahead of the clock: longer than fences are kept. */
const aheadMicros = 100_000_000n;

/** The options of an acquire action. */
type Asked = Omit<Extract<Action, { do: 'acquire' }>, 'do' | 'afterMs'>;

/** Servers, and processes that use one lock on all of them, in virtual time. */
export class World implements FaultTarget {
  readonly time = new VirtualTime();
  /** The current server of each address. */
  readonly servers: SimulatedServer[];
  readonly members: Member[] = [];
  readonly leases: LeaseRecord[] = [];
  readonly calls: Call[] = [];
  /** Number of acquires that have ended, by the locks' listeners. */
  ended = 0;
  /** The count of each fault and event. */
  readonly reached: Record<string, number> = {};
  /** The shortest TTL of the schedule. */
  readonly shortestTtlMs: number;
  readonly all: SimulatedServer[] = [];
  readonly #schedule: Schedule;
  readonly #observer: WorldObserver;
  readonly #keepsHistory: boolean;
  /** All members ever, also the replaced ones: a closed lock may still have connections. */
  readonly everyMember: Member[] = [];
  readonly faults: Faults = new Faults(this);
  readonly #listener: LockListener = {
    onAcquire: ({ handedOver }) => {
      this.ended += 1;
      if (handedOver) this.count('a lease handed over within the process');
    },
    onLost: ({ reason }) => this.count(`a lease ${reason}`),
  };
  #made = 0;

  constructor(schedule: Schedule, observer: WorldObserver) {
    this.#schedule = schedule;
    this.#observer = observer;
    this.#keepsHistory = schedule.actions.some(
      (action) =>
        (action.do === 'restart' && action.lostStates > 0) || (action.do === 'failover' && action.missedStates > 0),
    );
    const ttls = schedule.actions.flatMap((action) => ('ttlMs' in action ? [action.ttlMs] : []));
    this.shortestTtlMs = Math.min(...schedule.config.processes.map(({ ttlMs }) => ttlMs), ...ttls);
    this.servers = schedule.config.servers.map((_, node) => this.newServer(node));
    schedule.config.processes.forEach((_, index) => {
      this.members.push(this.#newMember(index));
    });
  }

  count(event: string): void {
    this.reached[event] = (this.reached[event] ?? 0) + 1;
  }

  /** Closes a member's lock. */
  close(member: Member): void {
    member.process.deliver(() => {
      if (member.closing) return;
      member.closing = member.lock.close();
      member.lock.acquire(keyName(0)).then(({ outcome }) => {
        if (outcome !== 'unavailable') this.#observer.onUncaught(new Error(`a closed lock says "${outcome}"`));
      });
      member.closing.catch((error) => this.#observer.onUncaught(error));
      this.#observer.onClosing(member, member.closing);
    });
  }

  perform(action: Action): void {
    this.count(action.do);
    switch (action.do) {
      case 'acquire':
        this.#acquire(action);
        return;
      case 'burst': {
        const from = this.calls.length;
        const controller = new AbortController(); // one for all of them
        const { process, key } = action;
        const ttlMs = this.#schedule.config.longestTtlMs;
        for (let made = 0; made < action.count; made++) {
          this.#acquire({ process, key, waitMs: 5000, ttlMs, holdMs: 0 }, controller);
        }
        if (action.abort) for (const call of this.calls.slice(from)) this.#abort(call);
        return;
      }
      case 'abort': {
        const call = this.calls.at(-1 - action.call);
        call?.member.process.deliver(() => this.#abort(call));
        return;
      }
      case 'extend': {
        const granted = this.leases.at(-1 - action.lease);
        granted?.member.process.deliver(() => this.#extend(granted, action.ttlMs));
        return;
      }
      case 'release': {
        const granted = this.leases.at(-1 - action.lease);
        granted?.member.process.deliver(() => this.#release(granted));
        return;
      }
      case 'close': {
        const index = action.process % this.members.length;
        const member = this.memberAt(index);
        if (member.process.isPaused) return;
        this.close(member);
        this.replaceMember(index, member.process);
        return;
      }
      case 'wait':
        return;
      default:
        this.faults.inject(action);
        return;
    }
  }

  #acquire(
    { process: index, key: keyNumber, waitMs, ttlMs, holdMs, minToken: whichToken }: Asked,
    sharedController?: AbortController,
  ): void {
    const member = this.memberAt(index);
    const { process, lock } = member;
    const key = keyName(keyNumber);
    process.deliver(() => {
      const at = { calledAt: this.time.now, pausedMs: process.pausedMs() };
      const number = this.calls.length;
      const previous = this.calls.at(-1);
      // Every fourth call shares the signal of the one before it.
      const isShared = number % 4 === 3 && previous?.member === member && !previous.controller.signal.aborted;
      const controller = sharedController ?? (isShared ? previous.controller : new AbortController());
      const minToken = member.fencing ? this.#minToken(key, whichToken) : undefined;
      const asked = { key, member, waitMs, ttlMs, minToken, ...at, number, controller };
      const call: Call = { ...asked, wasAborted: false, settledAt: undefined, outcome: undefined };
      this.calls.push(call);
      this.#observer.onCalled(call);
      const options = { waitMs, ttlMs, signal: controller.signal };
      lock.acquire(key, minToken === undefined ? options : { ...options, minToken }).then(
        (acquisition) => {
          call.outcome = acquisition.outcome;
          call.settledAt = this.time.now;
          this.count(`outcome ${acquisition.outcome}`);
          this.#observer.onSettled(call);
          if (acquisition.outcome !== 'acquired') return;
          const granted = { key, member, lease: acquisition.lease, grantedAt: this.time.now, call };
          this.leases.push(granted);
          this.#observer.onGranted(granted);
          if (holdMs === undefined) return;
          if (holdMs === 0) this.#release(granted);
          else process.setTimer(() => this.#release(granted), holdMs);
        },
        (error) => {
          call.outcome = 'thrown';
          this.#observer.onUncaught(error);
        },
      );
    });
  }

  #minToken(key: string, which: Asked['minToken']): bigint | undefined {
    if (which === undefined) return undefined;
    const last = this.leases.reduce(
      (highest, { key: of, lease: { token } }) => (of === key && token > highest ? token : highest),
      0n,
    );
    return which === 'last' ? last : last + aheadMicros;
  }

  #abort(call: Call): void {
    const { controller } = call;
    const aborted = this.calls.filter((other) => other.controller === controller && other.outcome === undefined);
    for (const other of aborted) other.wasAborted = true;
    controller.abort();
    for (const other of aborted) this.#observer.onAborted(other);
  }

  #extend(granted: LeaseRecord, ttlMs: number): void {
    const validForMs = granted.lease.validForMs();
    const answer = granted.lease.extend(ttlMs);
    this.#observer.onExtending(granted, ttlMs, validForMs, answer);
    void this.#answer(answer);
  }

  #release(granted: LeaseRecord): void {
    const validForMs = granted.lease.validForMs();
    const answer = granted.lease.release();
    this.#observer.onReleasing(granted, validForMs, answer);
    void this.#answer(answer);
  }

  async #answer(answer: Promise<string>): Promise<void> {
    this.count(`outcome ${await answer}`);
  }

  memberAt(index: number): Member {
    return this.members[index % this.members.length] as Member;
  }

  serverAt(node: number): SimulatedServer {
    return this.servers[node % this.servers.length] as SimulatedServer;
  }

  newServer(node: number, setOffsetMs?: number): SimulatedServer {
    const { servers } = this.#schedule.config;
    const { clockError, clockOffsetMs, conditionalDelete } = servers[node % servers.length] as ServerConfig;
    const server = new SimulatedServer({
      name: `${this.all.length}`,
      time: this.time,
      clockRate: 1 + clockError / 1e5,
      clockOffsetMs: setOffsetMs ?? clockOffsetMs,
      keepsHistory: this.#keepsHistory,
      subscribers: this.#schedule.config.subscribers,
      conditionalDelete,
      reached: (event) => this.count(event),
      onRan: (request, before, after, isLate) => {
        const nowMicros = server.nowMicros();
        const ran = { ...effectOf(request), before, after, isLate, nowMicros };
        this.#observer.onRan(server, ran);
      },
    });
    this.all.push(server);
    return server;
  }

  replaceMember(index: number, process?: SimulatedProcess): void {
    this.members[index] = this.#newMember(index, process);
  }

  onDisturbed(until: number): void {
    this.#observer.onDisturbed(until);
  }

  #newMember(index: number, existing?: SimulatedProcess): Member {
    const { seed, nodeTimeoutMs, processes, isPatient, subscribers } = this.#schedule.config;
    const {
      ttlMs,
      autoExtend,
      fencing = true,
      clockError,
      wallClockOffsetMs,
    } = processes[index] as (typeof processes)[number];
    const number = this.#made++;
    const { time } = this;
    const process =
      existing ??
      new SimulatedProcess({
        name: `p${number}`,
        time,
        random: randomStream(seed, index, number),
        clockRate: 1 + clockError / 1e5,
        wallClockOffsetMs,
        onUncaught: (error) => this.#observer.onUncaught(error),
      });
    const links = this.servers.map((_, node) => ({
      time,
      seed: [seed, index, number, node],
      server: () => this.serverAt(node),
      partedUntil: () => this.faults.partedUntil(index, node),
      socketTimeoutMs: isPatient ? 3_600_000 : 2 * nodeTimeoutMs,
      isCluster: subscribers === 'sharded',
      reached: (event: string) => this.count(event),
    }));
    const options = { ttlMs, autoExtend, fencing, nodeTimeoutMs, listener: this.#listener };
    const opened = { ...openLock(process, links, options), openedAt: time.now, closing: undefined };
    const member = { ...opened, autoExtend, fencing, ttlMs };
    this.everyMember.push(member);
    return member;
  }
}
