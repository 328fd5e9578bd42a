import type { Action } from '../schedule.ts';
import type { LockProcess } from './lock-process.ts';
import type { SimulatedClient } from './simulated-client.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The actions that are faults: all but those of the lock's users. */
export type Fault = Exclude<
  Action,
  { readonly do: 'acquire' | 'burst' | 'abort' | 'extend' | 'release' | 'close' | 'wait' }
>;

/** The parts of a world that faults act on. */
export interface FaultTarget {
  readonly time: VirtualTime;
  /** The current server of each address. */
  readonly servers: SimulatedServer[];
  readonly members: readonly LockProcess[];
  /** All members ever, also the replaced ones: a closed lock may still have connections. */
  readonly everyMember: readonly LockProcess[];
  memberAt(index: number): LockProcess;
  serverAt(node: number): SimulatedServer;
  newServer(node: number, clockOffsetMs?: number): SimulatedServer;
  replaceMember(index: number): void;
  /** Waiters need not be served before that time. */
  onDisturbed(until: number): void;
}

/** Injects faults into a world, and heals them. */
export class Faults {
  /** The faults so far. */
  readonly injected: { readonly kind: Fault['do']; readonly atMs: number; readonly node: number | undefined }[] = [];
  /** True if servers have lost data that counts, or a clock jumped ahead: two processes may then hold a lock. */
  mayHaveTwoHolders = false;
  /** True if a server's clock was set ahead. */
  clockSetAhead = false;
  /** True if a server's clock was set back. */
  clockSetBack = false;
  /** When processes were killed whose servers noticed it, by their prefix. */
  readonly killedAt = new Map<string, number>();
  readonly #target: FaultTarget;
  readonly #toHeal = new Set<() => void>();
  /** By member and node: the time until which they cannot reach each other. */
  readonly #partedUntil: number[][] = [[], [], []];
  /** Servers of a minority that stay away until every TTL is over, since they have lost data. */
  readonly #staysAway = new Set<SimulatedServer>();

  constructor(target: FaultTarget) {
    this.#target = target;
  }

  /** @returns the time until which a member and a node cannot reach each other. */
  partedUntil(member: number, node: number): number {
    return this.#partedUntil[member]?.[node] ?? 0;
  }

  /** Heals every fault, except those that must outlast every TTL. */
  heal(): void {
    const { servers, members } = this.#target;
    for (const heal of [...this.#toHeal]) heal();
    for (const nodes of this.#partedUntil) nodes.length = 0;
    for (const server of servers) {
      server.thaw();
      if (server.state === 'down' && !this.#staysAway.has(server)) server.restart(0);
    }
    for (const { process } of members) if (process.isPaused) process.resume();
  }

  inject(fault: Fault): void {
    const { time, servers, members } = this.#target;
    const count = 'count' in fault ? fault.count : 1;
    for (let index = 0; index < count; index++) {
      const node = 'node' in fault ? (fault.node + index) % servers.length : undefined;
      this.injected.push({ kind: fault.do, atMs: time.now, node });
    }
    switch (fault.do) {
      case 'pause': {
        const { process } = this.#target.memberAt(fault.process);
        process.pause();
        this.#healAfter(fault.forMs, () => process.resume(fault.first));
        return;
      }
      case 'kill': {
        const index = fault.process % members.length;
        const { process, clients, prefix } = this.#target.memberAt(index);
        process.kill();
        if (!fault.unnoticed) this.killedAt.set(prefix, time.now);
        for (const client of clients) client.vanish(fault.unnoticed);
        this.#target.replaceMember(index);
        this.#target.onDisturbed(time.now);
        return;
      }
      case 'cut': {
        const client = this.#client(fault.process, fault.node);
        if (fault.what !== 'subscription') client?.commands.cut(fault.arriving, fault.lateMs);
        if (fault.what !== 'commands') for (const link of client?.subscriptions ?? []) link.cut(0, fault.lateMs);
        this.#target.onDisturbed(time.now + fault.lateMs);
        return;
      }
      case 'delay': {
        const client = this.#client(fault.process, fault.node);
        const links = [
          ...(fault.what === 'subscription' ? [] : [client?.commands]),
          ...(fault.what === 'commands' ? [] : (client?.subscriptions ?? [])),
        ];
        for (const link of links) if (link) link.extraDelayMs = fault.byMs;
        this.#healAfter(fault.forMs, () => {
          for (const link of links) if (link) link.extraDelayMs = 0;
          this.#target.onDisturbed(time.now + fault.byMs);
        });
        return;
      }
      case 'part': {
        const parted = this.#partedUntil[fault.process % members.length] ?? [];
        for (let index = 0; index < fault.count; index++) {
          const node = (fault.node + index) % servers.length;
          parted[node] = Math.max(parted[node] ?? 0, time.now + fault.forMs);
        }
        this.#target.onDisturbed(time.now + fault.forMs);
        return;
      }
      case 'freeze': {
        const server = this.#target.serverAt(fault.node);
        server.freeze();
        this.#healAfter(fault.forMs, () => {
          if (servers.includes(server)) server.thaw(); // a replaced primary only comes back as a replica
        });
        return;
      }
      case 'restart': {
        const server = this.#target.serverAt(fault.node);
        if (server.state === 'down') return;
        server.stop();
        this.#cutAll(server);
        const isLasting = fault.lostStates > 0 && servers.length > 1;
        if (isLasting) this.#staysAway.add(server);
        const heal = (): void => {
          this.#staysAway.delete(server);
          if (server.state !== 'down') return;
          server.restart(fault.lostStates);
          if (fault.lostStates > 0) this.#lost();
        };
        this.#healAfter(fault.forMs, heal, isLasting);
        return;
      }
      case 'failover':
        this.#failOver(fault.node, fault.missedStates, fault.oldReturns);
        return;
      case 'jump':
        this.#target.memberAt(fault.process).process.jump(fault.byMs);
        return;
      case 'jump-server':
        this.#target.serverAt(fault.node).jump(fault.byMs);
        if (fault.byMs > 0) {
          this.mayHaveTwoHolders = true;
          this.clockSetAhead = true;
        } else this.clockSetBack = true;
        this.#target.onDisturbed(time.now + Math.abs(fault.byMs));
        return;
    }
  }

  /**
   * The server hangs, and a replica takes over its address. The old server becomes its replica, or never comes back.
   */
  #failOver(node: number, missedStates: number, oldReturns: boolean): void {
    const { time, servers } = this.#target;
    const old = this.#target.serverAt(node);
    if (old.state === 'down') return;
    const successor = this.#target.newServer(node, old.clockOffsetMs);
    old.freeze();
    successor.takeOver(old, missedStates);
    if (missedStates > 0) this.#lost();
    servers[node % servers.length] = successor;
    this.#target.onDisturbed(time.now);
    this.#healAfter(oldReturns ? 40 : 3000, () => {
      if (oldReturns) old.follow(successor);
      else this.#cutAll(old);
      old.thaw();
      if (!oldReturns) old.stop();
    });
  }

  #lost(): void {
    // On several nodes, schedules lose the data of a minority only, which the lock must survive.
    if (this.#target.servers.length === 1) this.mayHaveTwoHolders = true;
  }

  /** @param isLasting whether {@link heal} does not end it early. */
  #healAfter(forMs: number, heal: () => void, isLasting = false): void {
    const { time } = this.#target;
    this.#target.onDisturbed(time.now + forMs);
    const event = time.after(forMs, () => once());
    const once = (): void => {
      time.cancel(event);
      if (!this.#toHeal.delete(once) && !isLasting) return;
      heal();
      this.#target.onDisturbed(time.now);
    };
    if (!isLasting) this.#toHeal.add(once);
  }

  #cutAll(server: SimulatedServer): void {
    for (const { clients } of this.#target.everyMember) {
      for (const link of clients.flatMap((client) => client.links)) if (link.server === server) link.cut(0, 0);
    }
  }

  #client(index: number, node: number): SimulatedClient | undefined {
    return this.#target.memberAt(index).clients[node % this.#target.servers.length];
  }
}
