import { isDeepStrictEqual } from 'node:util';
import type { LockModeName } from '../../app/lock-modes/index.ts';
import { startProxy, type TcpProxy } from '../../app/testing/proxy.ts';
import { type Stack, startStack } from '../stack/index.ts';
import { leaseMs, type Proxies } from './context/scenario-context.ts';
import { type CellOptions, type MatrixCell, runCell } from './matrix-cell.ts';
import type { InstanceSettings, Scenario } from './scenarios/scenario.ts';

/** A private stack whose first instance reaches its servers through proxies. */
export interface Lab extends AsyncDisposable {
  readonly stack: Stack;
  /** Runs one cell; restarts the instances if it needs other settings. */
  run(scenario: Scenario, mode: LockModeName, options: RunOptions): Promise<MatrixCell>;
}

const defaultEnv = { GATEWAY_MS: '10', LOG_LEVEL: 'error' };

/**
 * The timeouts of Redis and MySQL exceed the lease: otherwise the client's timeout, not the guard, would stop a paused
 * request.
 */
const timesOf = (slowdown: number) => ({
  LOCK_TTL_MS: String(leaseMs * slowdown),
  LOCK_WAIT_MS: String(5000 * slowdown),
  REDIS_TIMEOUT_MS: String(2000 * slowdown),
  MYSQL_TIMEOUT_MS: String(3000 * slowdown),
  IDEMPOTENCY_LEASE_MS: String(leaseMs * slowdown),
});

type RunOptions = Pick<CellOptions, 'seed' | 'soakSeconds' | 'play'>;

const names = ['app-1', 'app-2', 'app-3'];
/** One-way delay to a distant database. */
const farMs = 10;

/** Starts the stack and its proxies; the first cell starts the instances. */
export async function startLab(onProgress: (message: string) => void): Promise<Lab> {
  const stack = await startStack({ env: defaultEnv, withoutInstances: true, hasBinaryLog: true, onProgress });
  const openProxies: TcpProxy[] = [];
  const proxyTo = async (url: string, delayMs = 0) => {
    const proxy = await startProxy(url, { delayMs });
    openProxies.push(proxy);
    return proxy;
  };
  const proxies: Proxies = {
    mysql: await proxyTo(stack.mysql.url),
    redis: await proxyTo(stack.redis.url),
    redlock: await Promise.all(stack.redlock.map(({ url }) => proxyTo(url))),
    othersRedis: await proxyTo(stack.redis.url),
    everyMysql: await proxyTo(stack.mysql.url),
  };
  const shared = { far: await proxyTo(stack.mysql.url, farMs), movable: proxies.everyMysql };
  const through = (url: string, { port }: TcpProxy) => Object.assign(new URL(url), { port: String(port) }).href;
  const throughProxies = {
    MYSQL_URL: through(stack.mysql.url, proxies.mysql),
    REDIS_URL: through(stack.redis.url, proxies.redis),
    REDLOCK_URLS: proxies.redlock.map(({ port }) => `redis://127.0.0.1:${port}`).join(','),
  };

  let running: Readonly<Record<string, string>>[] | undefined;
  async function applySettings(
    { env = {}, envOf = () => ({}), database }: InstanceSettings,
    slowdown: number,
  ): Promise<void> {
    const wantedOf = (name: string) => ({
      ...timesOf(slowdown),
      ...(name === 'app-1' ? throughProxies : { REDIS_URL: through(stack.redis.url, proxies.othersRedis) }),
      ...(database && { MYSQL_URL: through(stack.mysql.url, shared[database]) }),
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
    async run(scenario, mode, options) {
      const own = scenario.instances?.(mode);
      // On shared instances, each request chooses its mode.
      const settings = own ? { ...own, env: { LOCK_MODE: mode, ...own.env } } : {};
      return runCell(scenario, {
        mode,
        headers: own ? {} : { 'x-lock-mode': mode },
        stack,
        proxies,
        prepare: (slowdown) => applySettings(settings, slowdown),
        ...options,
      });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(openProxies.map((proxy) => proxy.close()));
      await stack.stop();
    },
  };
}
