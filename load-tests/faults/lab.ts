import { isDeepStrictEqual } from 'node:util';
import type { LockModeName } from '../../app/lock-modes/index.ts';
import { startProxy, type TcpProxy } from '../../app/testing/proxy.ts';
import { type Stack, startStack } from '../stack/index.ts';
import { type Cell, type CellOptions, playCell } from './cell.ts';
import { leaseMs, type Proxies } from './context/scenario-context.ts';
import type { Fleet, Scenario } from './scenarios/scenario.ts';

/** A private stack whose first instance reaches its servers over proxies. */
export interface Lab extends AsyncDisposable {
  readonly stack: Stack;
  /** Plays one cell; the instances are started anew where it needs them otherwise than they are. */
  play(scenario: Scenario, mode: LockModeName, options: PlayOptions): Promise<Cell>;
}

/**
 * What every instance is told. The lease is short, for quick cells. Redis and MySQL may take longer over an answer than
 * the lease lasts: else a time limit of the client's, and not the guard, would refuse whoever was paused.
 */
const usual = {
  LOCK_TTL_MS: String(leaseMs),
  LOCK_WAIT_MS: '5000',
  GATEWAY_MS: '10',
  REDIS_TIMEOUT_MS: '2000',
  MYSQL_TIMEOUT_MS: '3000',
  LOG_LEVEL: 'error',
};

/** How a cell is played. */
type PlayOptions = Pick<CellOptions, 'seed' | 'soakSeconds' | 'play'>;

const names = ['app-1', 'app-2', 'app-3'];
/** How long a packet takes from an instance to a far database: some hundred kilometres. */
const farMs = 10;

/** Starts the stack, its proxies and, with the first cell, the instances that it needs. */
export async function startLab(onProgress: (message: string) => void): Promise<Lab> {
  const stack = await startStack({ env: usual, withoutInstances: true, onProgress });
  const opened: TcpProxy[] = [];
  const proxyTo = async (url: string, delayMs = 0) => {
    const proxy = await startProxy(url, { delayMs });
    opened.push(proxy);
    return proxy;
  };
  const proxies: Proxies = {
    mysql: await proxyTo(stack.mysql.url),
    redis: await proxyTo(stack.redis.url),
    redlock: await Promise.all(stack.redlock.map(({ url }) => proxyTo(url))),
    othersRedis: await proxyTo(stack.redis.url),
  };
  const farMysql = await proxyTo(stack.mysql.url, farMs);
  const through = (url: string, { port }: TcpProxy) => Object.assign(new URL(url), { port: String(port) }).href;
  const overProxies = {
    MYSQL_URL: through(stack.mysql.url, proxies.mysql),
    REDIS_URL: through(stack.redis.url, proxies.redis),
    REDLOCK_URLS: proxies.redlock.map(({ port }) => `redis://127.0.0.1:${port}`).join(','),
  };

  let running: Readonly<Record<string, string>>[] | undefined;
  async function untilFleetIs({ env = {}, envOf = () => ({}), farDatabase = false }: Fleet): Promise<void> {
    const wantedOf = (name: string) => ({
      ...(name === 'app-1' ? overProxies : { REDIS_URL: through(stack.redis.url, proxies.othersRedis) }),
      ...(farDatabase && { MYSQL_URL: through(stack.mysql.url, farMysql) }),
      ...env,
      ...envOf(name),
    });
    const wanted = names.map(wantedOf);
    if (isDeepStrictEqual(wanted, running)) return;
    running = undefined;
    await stack.restartInstances({ envOf: wantedOf });
    running = wanted;
  }

  return {
    stack,
    async play(scenario, mode, options) {
      const own = scenario.fleet?.(mode);
      // Who shares instances with other modes says with each request which mode it wants.
      await untilFleetIs(own ? { ...own, env: { LOCK_MODE: mode, ...own.env } } : {});
      return playCell(scenario, { mode, headers: own ? {} : { 'x-lock-mode': mode }, stack, proxies, ...options });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((proxy) => proxy.close()));
      await stack.stop();
    },
  };
}
