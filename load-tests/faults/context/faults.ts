import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpProxy } from '../../../app/testing/proxy.ts';
import type { ServerProcess } from '../../stack/servers/server-process.ts';
import type { Instance } from '../../stack/service/instances.ts';
import { Inconclusive } from '../verdict.ts';

/** Something that goes wrong, and how it is put right. Both may be called in any state: a fault is healed whatever happens. */
export interface Fault {
  /** As the timeline has it. */
  readonly what: string;
  /** The instances and servers that it touches, by name. */
  readonly hits: readonly string[];
  /** Of a fault that lies in wait, when it triggered; without it, that is when it is injected. */
  readonly triggered?: Promise<void>;
  inject(): Promise<void>;
  heal(): Promise<void>;
}

/** SIGSTOP, and SIGCONT to heal. */
export function frozen(server: ServerProcess): Fault {
  return {
    what: `${server.name} is paused`,
    hits: [server.name],
    inject: () => server.freeze(),
    heal: async () => server.kill('SIGCONT'),
  };
}

/** SIGKILL, and a new start to heal: of a server that keeps nothing on disk, an empty one. */
export function killed(...servers: readonly ServerProcess[]): Fault {
  return {
    what: `${servers.map(({ name }) => name).join(', ')} killed`,
    hits: servers.map(({ name }) => name),
    async inject() {
      for (const server of servers) server.kill('SIGKILL');
      await Promise.all(servers.map((server) => server.ended()));
    },
    heal: async () => void (await Promise.all(servers.map((server) => server.start()))),
  };
}

/** Nothing goes over the proxies any more, either way, and no connection breaks: the network is gone without a word. */
export function cutOff(what: string, hits: readonly string[], proxies: readonly TcpProxy[]): Fault {
  return {
    what,
    hits,
    async inject() {
      for (const proxy of proxies) proxy.filter = () => 'drop';
    },
    async heal() {
      for (const proxy of proxies) {
        proxy.filter = () => 'pass';
        proxy.cut(); // with bytes lost in their middle, these connections are of no use any more
      }
    },
  };
}

/** The instance is paused in the moment in which a client's piece with this text arrives in one of the proxies. */
export function frozenOnceSent(instance: Instance, proxies: readonly TcpProxy[], text: string, quorum = 1): Breakpoint {
  const { what, ...freeze } = frozen(instance);
  return breakpoint(proxies, text, { what: `${what} as it has sent ${text}`, ...freeze, quorum, decision: 'pass' });
}

/** What comes from the clients stays in the proxy, from the piece on that has this text; healing lets it through. */
export function heldOnceSent(proxy: TcpProxy, text: string): Breakpoint {
  return breakpoint([proxy], text, {
    what: `${text} is held in the network`,
    hits: ['mysql'],
    decision: 'hold',
    quorum: 1,
    inject: async () => {},
    heal: async () => proxy.letThrough(),
  });
}

/** A fault that lies in wait. */
export interface Breakpoint extends Fault {
  /** @throws {Inconclusive} when nobody has walked into it in time. */
  hit(withinMs?: number): Promise<void>;
}

interface BreakpointOptions extends Fault {
  readonly decision: 'pass' | 'hold';
  /** In how many of the proxies the text has to be seen. */
  readonly quorum: number;
}

function breakpoint(
  proxies: readonly TcpProxy[],
  text: string,
  { what, hits, decision, quorum, inject, heal }: BreakpointOptions,
): Breakpoint {
  const seenIn = new Set<TcpProxy>();
  let trigger = () => {};
  const triggered = new Promise<void>((resolve) => {
    trigger = resolve;
  });
  return {
    what,
    hits,
    triggered,
    async inject() {
      for (const proxy of proxies) {
        proxy.filter = ({ from, data }) => {
          if (from !== 'client' || seenIn.size >= quorum || !data.includes(text)) return 'pass';
          seenIn.add(proxy);
          if (seenIn.size < quorum) return 'pass';
          void inject(); // before this piece goes on, and in this very turn of the loop
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
      if (seenIn.size < quorum) throw new Inconclusive(`"${text}" was not sent within ${withinMs} ms`);
    },
  };
}
