import { startProxy } from '../../../app/testing/proxy.ts';
import { testStack } from '../../../app/testing/stack.ts';
import { findPrograms } from '../../stack/install/programs.ts';
import { startKeeper } from '../../stack/processes/keeper.ts';
import { startNginx } from '../../stack/servers/nginx.ts';
import { type RedisServer, startRedis } from '../../stack/servers/redis.ts';
import { serviceProgram } from '../../stack/service/builds.ts';
import { type Instance, startInstance } from '../../stack/service/instances.ts';

/** Two instances behind an nginx, for tests that break them. */
export interface BreakableStack extends AsyncDisposable {
  /** The address of nginx. */
  readonly url: string;
  readonly instances: readonly Instance[];
  /** Their own Redis, which a test may stop. */
  readonly redis: RedisServer;
  /** The proxy to the shared MySQL, which keeps running for other tests. */
  readonly mysql: {
    /** As if MySQL had stopped: cuts connections, and new ones fail. */
    takeAway(): void;
    giveBack(): void;
  };
}

/** A port without a listener. */
const unreachable = new URL('mysql://127.0.0.1:1');

/** Starts instances for one test. The caller ends them; nothing is left behind if the test is killed. */
export async function startBreakableStack(): Promise<BreakableStack> {
  const { mysqlUrl, redlockUrls } = testStack();
  const programs = findPrograms();
  const keeper = await startKeeper();
  const wayToMysql = await startProxy(mysqlUrl);
  const end = async () => {
    await keeper.end();
    await wayToMysql.close();
  };

  try {
    const redis = await startRedis(programs.redis ?? 'redis-server', keeper);
    const throughProxy = new URL(mysqlUrl);
    throughProxy.port = String(wayToMysql.port);
    const env = {
      MYSQL_URL: throughProxy.href,
      REDIS_URL: redis.url,
      REDLOCK_URLS: redlockUrls.join(','),
      LAB: 'on',
      REDIS_TIMEOUT_MS: '30000', // what is stopped or cut off fails at once
      LOG_LEVEL: 'fatal', // errors are expected here
    };
    const started = ['own-1', 'own-2'].map((name) => startInstance({ name, env, program: serviceProgram }, keeper));
    const instances = await Promise.all(started);
    const upstreams = instances.map(({ port }) => `127.0.0.1:${port}`);
    const { url } = await startNginx(programs.nginx ?? 'nginx', keeper, { upstreams });
    return {
      url,
      instances,
      redis,
      mysql: {
        takeAway() {
          wayToMysql.target = unreachable;
          wayToMysql.cut();
        },
        giveBack() {
          wayToMysql.target = new URL(mysqlUrl);
        },
      },
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}
