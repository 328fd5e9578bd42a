import { setTimeout as sleep } from 'node:timers/promises';
import type { Passage, TcpProxy } from '../../../app/testing/proxy.ts';
import { withResolvers } from '../../../app/testing/with-resolvers.ts';
import type { MysqlServer } from '../../stack/servers/mysql.ts';
import { switchOver } from '../../stack/servers/mysql-replica.ts';
import type { ServerProcess } from '../../stack/servers/server-process.ts';
import type { Instance } from '../../stack/service/instances.ts';
import { Inconclusive } from '../verdict.ts';

/** A fault and its repair. Both methods may be called in any state, because every fault is healed in the end. */
export interface Fault {
  /** Description in the timeline. */
  readonly what: string;
  /** Names of the instances and servers that it affects. */
  readonly targets: readonly string[];
  /** Resolves when a breakpoint triggers; absent for a fault that takes effect when it is injected. */
  readonly triggered?: Promise<void>;
  inject(): Promise<void>;
  heal(): Promise<void>;
}

/** SIGSTOP, and SIGCONT to heal. */
export function frozen(server: ServerProcess): Fault {
  return {
    what: `${server.name} is paused`,
    targets: [server.name],
    inject: () => server.freeze(),
    heal: async () => server.kill('SIGCONT'),
  };
}

/** SIGKILL, and a restart to heal. A server without persistence comes back empty. */
export function killed(...servers: readonly ServerProcess[]): Fault {
  return {
    what: `${servers.map(({ name }) => name).join(', ')} killed`,
    targets: servers.map(({ name }) => name),
    async inject() {
      for (const server of servers) server.kill('SIGKILL');
      await Promise.all(servers.map((server) => server.ended()));
    },
    heal: async () => void (await Promise.all(servers.map((server) => server.start()))),
  };
}

/** A planned switchover of the database to its replica, and of its address to the new primary; healing switches back. */
export function switchedOver(primary: MysqlServer, replica: MysqlServer, address: TcpProxy): Fault {
  const moveFrom = async (from: MysqlServer, to: MysqlServer) => {
    await switchOver(from, to);
    address.target = new URL(to.url); // the connections to the old primary stay
  };
  return {
    what: `${primary.name} is switched over to its replica`,
    targets: [primary.name],
    inject: () => moveFrom(primary, replica),
    heal: () => moveFrom(replica, primary),
  };
}

export interface Cut extends Fault {
  /** @throws {Inconclusive} if one of these proxies, by default any, has dropped no packet of a client. */
  assertHit(asked?: readonly TcpProxy[]): void;
}

/** Drops all packets in both directions without closing connections: a network partition. */
export function cutOff(what: string, targets: readonly string[], proxies: readonly TcpProxy[]): Cut {
  const hit = new Set<TcpProxy>();
  return {
    what,
    targets,
    async inject() {
      for (const proxy of proxies) {
        proxy.filter = ({ from }) => {
          if (from === 'client') hit.add(proxy);
          return 'drop';
        };
      }
    },
    assertHit(asked = proxies) {
      if (!asked.every((proxy) => hit.has(proxy))) throw new Inconclusive(`nothing was sent while ${what}`);
    },
    async heal() {
      for (const proxy of proxies) {
        proxy.filter = () => 'pass';
        proxy.cut(); // connections that lost bytes are unusable
      }
    },
  };
}

/** Pauses the instance when a packet with this text from its clients has reached `quorum` of the proxies. */
export function frozenOnceSent(instance: Instance, proxies: readonly TcpProxy[], text: string, quorum = 1): Breakpoint {
  const { what, ...freeze } = frozen(instance);
  return breakpoint(proxies, {
    what: `${what} after sending ${text}`,
    ...freeze,
    quorum,
    decision: 'pass',
    isIt: ({ data }) => data.includes(text),
  });
}

/**
 * Holds the packet by which a client has MySQL execute the statement with this text, and all of its packets after that one;
 * healing forwards them, even if the client has given up meanwhile.
 *
 * @param others whose clients' packets are held from the same moment on.
 */
export function heldOnceSent(proxy: TcpProxy, text: string, others: readonly TcpProxy[] = []): Breakpoint {
  const prepared = new Set<number>();
  const hold: TcpProxy['filter'] = ({ from }) => (from === 'client' ? 'hold' : 'pass');
  return breakpoint([proxy], {
    what: `${text} is delayed in the network${others.length > 0 ? ', and all packets to the lock' : ''}`,
    targets: ['mysql'],
    decision: 'hold',
    quorum: 1,
    // The client sends the text once, to prepare the statement; its next packet on that connection executes it.
    isIt({ data, connection }) {
      if (prepared.has(connection)) return true;
      if (data.includes(text)) prepared.add(connection);
      return false;
    },
    async inject() {
      for (const other of others) other.filter = hold;
    },
    async heal() {
      for (const other of others) other.filter = () => 'pass';
      for (const held of [proxy, ...others]) held.release();
    },
  });
}

/** A fault that is triggered by a packet. */
export interface Breakpoint extends Fault {
  /** Waits until it is hit. @throws {Inconclusive} if it is not hit before the timeout. */
  hit(withinMs?: number): Promise<void>;
}

interface BreakpointOptions extends Fault {
  readonly decision: 'pass' | 'hold';
  /** Number of proxies that must see the packet. */
  readonly quorum: number;
  /** Called with each packet from a client. */
  isIt(packet: Passage): boolean;
}

function breakpoint(
  proxies: readonly TcpProxy[],
  { what, targets, decision, quorum, isIt, inject, heal }: BreakpointOptions,
): Breakpoint {
  const seenIn = new Set<TcpProxy>();
  const { promise: triggered, resolve: trigger } = withResolvers();
  return {
    what,
    targets,
    triggered,
    async inject() {
      for (const proxy of proxies) {
        proxy.filter = (packet) => {
          if (packet.from !== 'client' || seenIn.size >= quorum || !isIt(packet)) return 'pass';
          seenIn.add(proxy);
          if (seenIn.size < quorum) return 'pass';
          void inject(); // in the same tick, before the packet is forwarded
          trigger();
          return decision;
        };
      }
    },
    async heal() {
      for (const proxy of proxies) proxy.filter = () => 'pass';
      await heal();
    },
    async hit(withinMs = 5000) {
      await Promise.race([triggered, sleep(withinMs, undefined, { ref: false })]);
      if (seenIn.size < quorum) throw new Inconclusive(`not within ${withinMs} ms: ${what}`);
    },
  };
}
