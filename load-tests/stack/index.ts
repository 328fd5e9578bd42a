import { freePort } from '../../app/testing/free-port.ts';
import { installServers } from './install/install-servers.ts';
import { findPrograms } from './install/programs.ts';
import { allStarted } from './processes/all-started.ts';
import { type Keeper, startKeeper } from './processes/keeper.ts';
import { type MysqlServer, startMysql } from './servers/mysql.ts';
import { startReplica } from './servers/mysql-replica.ts';
import { type NginxServer, startNginx } from './servers/nginx.ts';
import { type RedisServer, startRedis } from './servers/redis.ts';
import { type Sentinel, startSentinel } from './servers/sentinel.ts';
import { tailOfLogs } from './servers/server-logs.ts';
import { buildPage, buildService, serviceProgram } from './service/builds.ts';
import { type Instance, startInstances } from './service/instances.ts';

export interface StackOptions {
  /** Number of instances of the service. Default 3. */
  readonly instances?: number;
  /** Environment of every instance, such as `LOCK_MODE`. */
  readonly env?: Readonly<Record<string, string>>;
  /** nginx's port. Default: a free one. */
  readonly port?: number;
  /** nginx's port, if it is free. */
  readonly preferredPort?: number;
  /** Starts no instances: a caller that needs the servers' addresses first calls {@link Stack.restartInstances}. */
  readonly withoutInstances?: boolean;
  /** Locations that nginx serves besides those of nginx.conf. */
  readonly locations?: string;
  /** The database keeps a binary log: see {@link Stack.replica}. */
  readonly hasBinaryLog?: boolean;
  /** Called with a line before each phase. */
  readonly onProgress?: (message: string) => void;
}

/** Settings of restarted instances. */
interface InstancesOptions {
  /** Overrides the stack's own `env`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Overrides both for the instance of that name, such as `app-1`. */
  readonly envOf?: (name: string) => Readonly<Record<string, string>>;
  /** A program to run instead of the service, relative to the repository's root. */
  readonly program?: string;
}

/** A majority survives the loss of two. */
const redlockNodes = 5;

/** The whole lab on this machine: a database, Redis, nginx and instances. Nothing of it outlives the stack. */
export interface Stack extends AsyncDisposable {
  /** nginx's address. */
  readonly url: string;
  readonly mysql: MysqlServer;
  readonly redis: RedisServer;
  /** Five independent Redis nodes for mode `redlock`. */
  readonly redlock: readonly RedisServer[];
  readonly nginx: NginxServer;
  readonly instances: readonly Instance[];
  /** As each server reports its own. */
  readonly versions: { readonly mysql: string; readonly redis: string; readonly nginx: string };
  /** The replica of the database, with the same users: started at the first call. Needs `hasBinaryLog`. */
  replica(): Promise<MysqlServer>;
  /** Starts another Redis that ends with the stack. */
  addRedis(name: string): Promise<RedisServer>;
  /** Starts a Sentinel that ends with the stack: see {@link startSentinel}. */
  addSentinel(options: { primaryUrl: string; downAfterMs: number }): Promise<Sentinel>;
  /**
   * Shuts the instances down and starts others on the same ports.
   *
   * @throws when one of them does not start. Then none runs, and it may be called again.
   */
  restartInstances(options: InstancesOptions): Promise<void>;
  /** Ends everything. May be called again. */
  stop(): Promise<void>;
}

/**
 * Installs missing servers, and builds the service and its page. If nothing is missing or out of date, it only looks up
 * some files. Call it before starting several stacks at once, because two package managers lock each other out.
 *
 * @throws when a server is missing and cannot be installed, or the service cannot be built.
 */
export async function prepareStack(say: (message: string) => void): Promise<void> {
  await installServers(say);
  await Promise.all([buildPage(say), buildService(say)]);
}

/**
 * Calls {@link prepareStack} and starts the stack on free ports of 127.0.0.1, in a directory of its own. Nothing is left
 * behind, however this process ends: see {@link startKeeper}.
 *
 * @throws when a server is missing and cannot be installed, or does not start: the error shows the end of every server's log.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { instances: count = 3, env = {}, withoutInstances, locations, port, preferredPort } = options;
  const { onProgress = () => {} } = options;
  await prepareStack(onProgress);
  const keeper = await startKeeper();
  try {
    return await start(keeper);
  } catch (error) {
    const logs = tailOfLogs(keeper.directory, 3);
    await keeper.end();
    if (!(error instanceof Error) || logs === '') throw error;
    throw new Error(`${error.message}\nThe logs of all servers end with\n${logs}`, { cause: error });
  }

  async function start(keeper: Keeper): Promise<Stack> {
    const programs = findPrograms();
    const program = (name: keyof typeof programs): string => programs[name] ?? name;
    onProgress('starting MySQL and Redis');
    const [mysql, redis, ...redlock] = await allStarted([
      startMysql(program('mysql'), keeper, { serverId: options.hasBinaryLog ? 1 : undefined }),
      startRedis(program('redis'), keeper),
      ...Array.from({ length: redlockNodes }, (_, index) =>
        startRedis(program('redis'), keeper, `redlock-${index + 1}`),
      ),
    ] as const);

    const urls = {
      MYSQL_URL: mysql.url,
      REDIS_URL: redis.url,
      REDLOCK_URLS: redlock.map(({ url }) => url).join(','),
    };
    // Without the jobs, so that only the requests change what is measured.
    const forAll = { ...urls, LAB: 'on', JOBS: 'off', DRAIN_MS: '0', LOG_LEVEL: 'warn', ...env };
    const optionsFor = (wanted: InstancesOptions) => (name: string) => ({
      env: { ...forAll, ...wanted.env, ...wanted.envOf?.(name) },
      program: wanted.program ?? serviceProgram,
    });

    onProgress(`starting ${count} instance${count === 1 ? '' : 's'} and nginx`);
    let instances = withoutInstances ? [] : await startInstances(Array(count).fill(undefined), optionsFor({}), keeper);
    const ports = withoutInstances
      ? await Promise.all(Array.from({ length: count }, freePort))
      : instances.map((instance) => instance.port);
    const upstreams = ports.map((port) => `127.0.0.1:${port}`);
    const nginx = await startNginx(program('nginx'), keeper, { upstreams, locations, port, preferredPort });

    let replica: Promise<MysqlServer> | undefined;
    const stop = () => keeper.end(); // nothing holds data that is worth a clean shutdown
    return {
      url: nginx.url,
      mysql,
      redis,
      redlock,
      nginx,
      get instances() {
        return instances;
      },
      versions: { mysql: mysql.version, redis: redis.version, nginx: nginx.version },
      replica() {
        replica ??= startReplica(program('mysql'), keeper, mysql);
        return replica;
      },
      addRedis: (name) => startRedis(program('redis'), keeper, name),
      addSentinel: (options) => startSentinel(program('redis'), keeper, options),
      async restartInstances(wanted) {
        await Promise.all(instances.map((instance) => instance.stop()));
        instances = await startInstances(ports, optionsFor(wanted), keeper);
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  }
}
