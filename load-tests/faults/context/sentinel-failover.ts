import { startProxy, type TcpProxy } from '../../../app/testing/proxy.ts';
import { until } from '../../../app/testing/until.ts';
import { askRedis } from '../../stack/servers/ask-redis.ts';
import type { RedisServer } from '../../stack/servers/redis.ts';
import { type Sentinel, watchedName } from '../../stack/servers/sentinel.ts';
import { Inconclusive } from '../verdict.ts';
import type { Fault } from './faults.ts';
import type { ScenarioContext } from './scenario-context.ts';

/** How long Sentinel waits before it takes a silent primary for dead. */
const downAfterMs = 300;
/** How long each step of it may take: see {@link until}. */
const comesInTime = { withinMs: 20_000, error: (message: string) => new Inconclusive(message) };

/** A primary with a replica, watched by a Sentinel, whose replication can be cut. */
export interface Watched {
  /** What is sent to the primary from now on does not reach the replica, which goes on as it is. */
  readonly replicationCut: Fault;
  /** The primary gets SIGKILL; when Sentinel has promoted the replica, the clients are led there. */
  readonly failover: Fault;
}

/**
 * Gives the stack's Redis a replica and a Sentinel, which go again when the cell ends. The instances do as clients behind
 * a load balancer that asks Sentinel do: they keep their address, and what is behind it changes.
 *
 * @throws {Inconclusive} when replica and Sentinel have not found the primary in time.
 */
export async function watchPrimary(context: ScenarioContext): Promise<Watched> {
  const { stack, proxies } = context;
  const fronts = [proxies.redis, proxies.othersRedis];
  const primary = await startProxy(stack.redis.url); // one address of it for replica and Sentinel: else they disagree
  const replica = await stack.addRedis('replica');
  context.watchLocksOn(replica);
  const primaryUrl = `redis://127.0.0.1:${primary.port}`;
  let sentinel: Sentinel | undefined;
  const cutFrom = onReplication(primary);

  await context.inject({
    what: 'a replica and a Sentinel have joined',
    hits: [],
    inject: async () => {},
    async heal() {
      await sentinel?.stop(); // before the old primary comes back: it would be made a replica
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
  await until('the replica follows', () => has(replica, 'master_link_status:up'), comesInTime);
  // Only now: Sentinel asks the primary for its replicas at once, and then every ten seconds.
  sentinel = await stack.addSentinel({ primaryUrl, downAfterMs });
  const { url: sentinelUrl } = sentinel;
  const knowsReplica = async () => {
    const replicas = await askRedis(sentinelUrl, (redis) => redis.call('SENTINEL', 'REPLICAS', watchedName));
    return JSON.stringify(replicas).includes('"runid"');
  };
  await until('Sentinel knows the replica', knowsReplica, comesInTime);

  return {
    replicationCut: {
      what: 'replication is cut: nothing reaches the replica any more',
      hits: [replica.name],
      inject: async () => cutFrom(),
      heal: async () => {},
    },
    failover: {
      what: 'the primary is killed, and Sentinel has promoted the replica',
      hits: [stack.redis.name],
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
        await until('Sentinel names the replica', isPromoted, comesInTime);
        for (const front of fronts) {
          front.target = new URL(replica.url);
          front.cut();
        }
      },
      heal: async () => {}, // by whoever has set it up
    },
  };
}

/** Tells the replicas' connections by what they ask for. @returns what cuts them, and them alone. */
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
