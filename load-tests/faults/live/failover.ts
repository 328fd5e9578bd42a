import { startProxy, type TcpProxy } from '../../../app/testing/proxy.ts';
import { until } from '../../../app/testing/until.ts';
import type { Stack } from '../../stack/index.ts';
import { askRedis } from '../../stack/servers/ask-redis.ts';
import type { RedisServer } from '../../stack/servers/redis.ts';
import type { OfferedFault } from './control.ts';

/** Only a hang takes longer: a data set of some kilobytes is copied. */
const inSync = { withinMs: 20_000 };

/** The faults of a Redis with a replica. */
export interface ReplicatedRedis {
  /** The link between the two. */
  readonly link: TcpProxy;
  readonly failover: OfferedFault;
  /** The replica receives no more writes, as when it lags: a failover then loses them. */
  readonly replicationCut: OfferedFault;
}

/**
 * Adds a replica to the stack's Redis. The faults do what a failover does by hand; the matrix of `fault-test` has a Sentinel
 * decide.
 *
 * @param fronts the proxies by which the instances reach Redis: an address that stays while the server behind it changes.
 */
export async function replicateRedis(stack: Stack, fronts: readonly TcpProxy[]): Promise<ReplicatedRedis> {
  const primary = stack.redis;
  const replica = await stack.addRedis('replica');
  const link = await startProxy(primary.url);
  const redirect = (to: RedisServer) => {
    for (const front of fronts) {
      front.target = new URL(to.url);
      front.cut();
    }
  };
  for (const { url } of [primary, replica]) {
    await askRedis(url, (redis) => redis.config('SET', 'repl-diskless-sync-delay', '0')); // for a quick first copy
  }
  await follow(replica, link.port);

  return {
    link,
    failover: {
      name: 'failover',
      kind: 'failover',
      what: 'Redis is killed, and its replica takes over',
      targets: [primary.name],
      async inject() {
        primary.kill('SIGKILL');
        await primary.ended();
        await promote(replica);
        redirect(replica);
      },
      async heal() {
        await primary.start();
        await follow(primary, Number(new URL(replica.url).port));
        await until('the primary has the data', () => isInSync(primary), inSync);
        await promote(primary);
        redirect(primary);
        await follow(replica, link.port);
      },
    },
    replicationCut: {
      name: 'cut-replica',
      kind: 'cut',
      what: 'the replica of Redis receives no more writes',
      targets: [replica.name],
      async inject() {
        await until('the replica has the data', () => isInSync(replica), inSync);
        link.filter = () => 'drop';
      },
      async heal() {
        link.filter = () => 'pass';
        link.cut();
      },
    },
  };
}

const follow = (server: RedisServer, port: number) =>
  askRedis(server.url, (redis) => redis.replicaof('127.0.0.1', port));
const promote = (server: RedisServer) => askRedis(server.url, (redis) => redis.replicaof('NO', 'ONE'));

async function isInSync(server: RedisServer): Promise<boolean> {
  const info = await askRedis(server.url, (redis) => redis.info('replication'));
  return info.includes('role:master') || info.includes('master_link_status:up');
}
