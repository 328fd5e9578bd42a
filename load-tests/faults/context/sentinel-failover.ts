import { startProxy, type TcpProxy } from '../../../app/testing/proxy.ts';
import { until } from '../../../app/testing/until.ts';
import { askRedis } from '../../stack/servers/ask-redis.ts';
import type { RedisServer } from '../../stack/servers/redis.ts';
import { type Sentinel, watchedName } from '../../stack/servers/sentinel.ts';
import { Inconclusive } from '../verdict.ts';
import type { Fault } from './faults.ts';
import type { ScenarioContext } from './scenario-context.ts';

/** Sentinel's `down-after-milliseconds`. */
const downAfterMs = 300;
/** Timeout of each step. */
const inTime = { withinMs: 20_000, error: (message: string) => new Inconclusive(message) };

/** Faults of a primary with a replica and a Sentinel. */
export interface Watched {
  /** Later writes to the primary do not reach the replica. */
  readonly replicationCut: Fault;
  /** SIGKILL of the primary; once Sentinel has promoted the replica, the clients are redirected to it. */
  readonly failover: Fault;
}

/**
 * Adds a replica and a Sentinel to the stack's Redis until the cell ends. The instances behave as clients of a load balancer
 * that follows Sentinel: their address stays, and its target changes.
 *
 * @throws {Inconclusive} when replica and Sentinel do not find the primary before the timeout.
 */
export async function watchPrimary(context: ScenarioContext): Promise<Watched> {
  const { stack, proxies } = context;
  const fronts = [proxies.redis, proxies.othersRedis];
  const primary = await startProxy(stack.redis.url); // replica and Sentinel must agree on its address
  const replica = await stack.addRedis('replica');
  context.watchLocksOn(replica);
  const primaryUrl = `redis://127.0.0.1:${primary.port}`;
  let sentinel: Sentinel | undefined;
  const cutFrom = onReplication(primary);

  await context.inject({
    what: 'a replica and a Sentinel have joined',
    targets: [],
    inject: async () => {},
    async heal() {
      await sentinel?.stop(); // first: it would turn the returning primary into a replica
      await replica.stop();
      await primary.close();
      await stack.redis.start();
      for (const front of fronts) {
        front.target = new URL(stack.redis.url);
        front.cut();
      }
    },
  });
  await askRedis(replica.url, (redis) => redis.replicaof('127.0.0.1', primary.port));
  await until('the replica follows', () => has(replica, 'master_link_status:up'), inTime);
  // After the replica: Sentinel asks the primary for its replicas at once, and then only every ten seconds.
  sentinel = await stack.addSentinel({ primaryUrl, downAfterMs });
  const { url: sentinelUrl } = sentinel;
  const knowsReplica = async () => {
    const replicas = await askRedis(sentinelUrl, (redis) => redis.call('SENTINEL', 'REPLICAS', watchedName));
    return JSON.stringify(replicas).includes('"runid"');
  };
  await until('Sentinel knows the replica', knowsReplica, inTime);

  return {
    replicationCut: {
      what: 'replication is cut',
      targets: [replica.name],
      inject: async () => cutFrom(),
      heal: async () => {},
    },
    failover: {
      what: 'the primary is killed, and Sentinel has promoted the replica',
      targets: [stack.redis.name],
      async inject() {
        stack.redis.kill('SIGKILL');
        await stack.redis.ended();
        const { port } = new URL(replica.url);
        const isPromoted = async () => {
          const address = await askRedis(sentinelUrl, (redis) =>
            redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', watchedName),
          );
          return (address as string[])[1] === port && (await has(replica, 'role:master'));
        };
        await until('Sentinel names the replica', isPromoted, inTime);
        for (const front of fronts) {
          front.target = new URL(replica.url);
          front.cut();
        }
      },
      heal: async () => {}, // the joining fault above restores the primary
    },
  };
}

/** Recognizes replication connections by their PSYNC. @returns a function that cuts only these. */
function onReplication(primary: TcpProxy): () => void {
  const replication = new Set<number>();
  let cut = false;
  primary.filter = ({ connection, from, data }) => {
    if (from === 'client' && data.includes('PSYNC')) replication.add(connection);
    return cut && replication.has(connection) ? 'drop' : 'pass';
  };
  return () => {
    cut = true;
  };
}

async function has(server: RedisServer, line: string): Promise<boolean> {
  return (await askRedis(server.url, (redis) => redis.info('replication'))).includes(line);
}
