import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from 'vitest';
import { createRedisLock, type DistributedLock, type LockOptions } from '../../app/redis-lock/index.ts';
import { soon, until } from '../../app/testing/until.ts';
import { findPrograms } from '../stack/install/programs.ts';
import { type Keeper, startKeeper } from '../stack/processes/keeper.ts';
import { type RedisServer, startRedis } from '../stack/servers/redis.ts';
import { inTime } from './leases.ts';
import { at } from './redis-pool.ts';

/** A server of the cluster, with a connection for the test's own commands. */
interface Member {
  readonly server: RedisServer;
  readonly redis: Redis;
  readonly id: string;
}

/** Where a server of the cluster is. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A Redis Cluster of one test file: three masters, each with a replica. */
export interface RedisCluster {
  /** As the service reads it, of its first servers. */
  url(): string;
  /** Of all its servers. */
  addresses(): Address[];
  /** Opens a client of the cluster; closed after the test. */
  open(): Promise<Cluster>;
  /** A lock over a client of its own; closed after the test. */
  lock(options?: LockOptions): Promise<DistributedLock>;
  /** @returns the master that has the key's slot now. */
  masterOf(key: string): Promise<Member>;
  slotOf(key: string): Promise<number>;
  /** Sends a command to each server. */
  tellAll(command: string, ...args: string[]): Promise<unknown[]>;
  /** Begins to move the key's slot to another master. @returns what moves its keys, and ends it. */
  beginMove(key: string): Promise<{ finish(): Promise<void> }>;
  /** Makes a replica of the key's master its successor, without loss, and waits until all know it. */
  failOver(key: string): Promise<void>;
  /** Freezes the key's master, until the end of the test at most. @returns what makes its replica take over. */
  freezeMaster(key: string): Promise<{ takeOver(): Promise<void> }>;
  /** Resolves when so many lock objects wait for the key. */
  untilQueued(key: string, count: number): Promise<void>;
}

const masters = 3;

export function useRedisCluster(): RedisCluster {
  let keeper: Keeper;
  let members: Member[] = [];

  beforeAll(async () => {
    keeper = await startKeeper();
    members = await Promise.all(Array.from({ length: 2 * masters }, (_, index) => startMember(keeper, index)));
    await join(members);
  });
  beforeEach(async () => {
    if (!(await isWhole(members))) await untilWhole(members);
  });
  afterAll(async () => {
    for (const { redis } of members) redis.disconnect();
    await keeper?.end();
  });

  const first = () => at(members, 0);
  const slotOf = (key: string) => first().redis.cluster('KEYSLOT', key);
  const mastersNow = async () => {
    const roles = await Promise.all(members.map(({ redis }) => redis.role()));
    return members.filter((_, index) => roles[index]?.[0] === 'master');
  };

  async function masterOf(key: string): Promise<Member> {
    const slot = await slotOf(key);
    const master = masterIn(await first().redis.cluster('SLOTS'), slot);
    const found = members.find(({ id }) => id === master);
    if (!found) throw new Error(`no server has the slot ${slot}`);
    return found;
  }

  /** Waits until every server names the same master for the key. */
  const untilAllAgree = (key: string, { id }: Member) =>
    expect
      .poll(async () => {
        const slot = await slotOf(key);
        const views = await Promise.all(members.map(({ redis }) => redis.cluster('SLOTS')));
        return views.every((view) => masterIn(view, slot) === id);
      }, inTime)
      .toBe(true);

  const cluster: RedisCluster = {
    url: () => `redis+cluster://${members.slice(0, 2).map(({ server }) => new URL(server.url).host)}`,
    addresses: () =>
      members.map(({ server }) => {
        const { hostname, port } = new URL(server.url);
        return { host: hostname, port: Number(port) };
      }),
    async open() {
      const client = new Cluster(cluster.addresses(), { lazyConnect: true, clusterRetryStrategy: () => 50 });
      client.on('error', () => {});
      onTestFinished(() => client.disconnect());
      await client.connect();
      return client;
    },
    async lock(options) {
      const lock = createRedisLock(await cluster.open(), { nodeTimeoutMs: 30_000, ttlMs: 60_000, ...options });
      onTestFinished(() => lock.close());
      return lock;
    },
    masterOf,
    slotOf,
    tellAll: (command, ...args) => Promise.all(members.map(({ redis }) => redis.call(command, ...args))),
    async beginMove(key) {
      const slot = await slotOf(key);
      const from = await masterOf(key);
      const to = (await mastersNow()).find(({ id }) => id !== from.id);
      if (!to) throw new Error('there is no other master');
      await to.redis.cluster('SETSLOT', slot, 'IMPORTING', from.id);
      await from.redis.cluster('SETSLOT', slot, 'MIGRATING', to.id);
      return {
        async finish() {
          await moveKeys(from, to, slot);
          for (const { redis } of [to, from]) await redis.cluster('SETSLOT', slot, 'NODE', to.id);
          await untilAllAgree(key, to);
        },
      };
    },
    async failOver(key) {
      const master = await masterOf(key);
      const replica = await replicaOf(members, master);
      // As CLUSTER FAILOVER does it, but without its vote: for twice their timeout, masters vote for one successor only.
      await master.redis.client('PAUSE', 600_000, 'WRITE');
      const offsets = () => Promise.all([master, replica].map(({ redis }) => offsetOf(redis)));
      await until('the replica has all', async () => new Set(await offsets()).size === 1, soon);
      await replica.redis.cluster('FAILOVER', 'TAKEOVER');
      await untilAllAgree(key, replica);
      await master.redis.client('UNPAUSE');
    },
    async freezeMaster(key) {
      const master = await masterOf(key);
      const replica = await replicaOf(members, master);
      onTestFinished(() => master.server.kill('SIGCONT'));
      await master.server.freeze();
      return { takeOver: async () => void (await replica.redis.cluster('FAILOVER', 'TAKEOVER')) };
    },
    async untilQueued(key, count) {
      const { redis } = await masterOf(key);
      await expect.poll(() => redis.zcard(queueOf(key)), inTime).toBe(count);
    },
  };
  return cluster;
}

/** How far its replication is, in bytes. */
const offsetOf = async (redis: Redis) => /^master_repl_offset:(\d+)/m.exec(await redis.info('replication'))?.[1];

async function moveKeys(from: Member, to: Member, slot: number): Promise<void> {
  const { hostname, port } = new URL(to.server.url);
  for (;;) {
    const keys = (await from.redis.cluster('GETKEYSINSLOT', slot, 100)) as string[];
    if (keys.length === 0) return;
    await from.redis.call('MIGRATE', hostname, port, '', '0', '5000', 'KEYS', ...keys);
  }
}

/** @returns the id of the master that has the slot, in the answer of CLUSTER SLOTS. */
function masterIn(ranges: readonly [from: number, to: number, ...servers: (readonly unknown[])[]][], slot: number) {
  const [, , master] = ranges.find(([from, to]) => from <= slot && slot <= to) ?? [];
  return master?.[2];
}

/** The queue of a lock: see `lockKeys`. */
const queueOf = (key: string) => (key.includes('{') ? `${key}::queue` : `{${key}}:queue`);

async function startMember(keeper: Keeper, index: number): Promise<Member> {
  const name = `redis-cluster-${index}`;
  const server = await startRedis(findPrograms().redis ?? 'redis-server', keeper, name, {
    'cluster-enabled': 'yes',
    'cluster-config-file': `${name}.conf`,
    'cluster-node-timeout': String(hastyMs),
    'cluster-replica-no-failover': 'yes', // but for those that a test asks for
    'repl-diskless-sync-delay': '0',
    'repl-ping-replica-period': '1', // a replica that has received nothing yet is left out of CLUSTER SLOTS
  });
  const redis = new Redis(server.url, { maxRetriesPerRequest: null });
  return { server, redis, id: await redis.cluster('MYID') };
}

/** Makes single servers one cluster: the first three are masters, each of the others the replica of one. */
async function join(members: readonly Member[]): Promise<void> {
  const { server, redis: first } = at(members, 0);
  const [, busPort = ''] = (await first.config('GET', 'cluster-port')) as string[];
  const { hostname, port } = new URL(server.url);
  const each = Math.ceil(16_384 / masters);
  await Promise.all(
    members.map(async ({ redis }, index) => {
      await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
      if (index < masters) {
        const last = Math.min((index + 1) * each, 16_384) - 1;
        await redis.call('CLUSTER', 'ADDSLOTSRANGE', String(index * each), String(last));
      }
      if (index > 0) await redis.call('CLUSTER', 'MEET', hostname, port, busPort);
    }),
  );
  const views = () => Promise.all(members.map(({ redis }) => redis.cluster('INFO')));
  const knowsAll = (info: string) => info.includes('cluster_known_nodes:6');
  await until('the servers know each other', async () => (await views()).every(knowsAll), soon);
  await Promise.all(
    members.slice(masters).map(async ({ redis }, index) => {
      const master = at(members, index).id;
      await redis.cluster('REPLICATE', master);
      const isReplica = async () => (await redis.info('replication')).includes('master_link_status:up');
      await until('it replicates', isReplica, soon);
    }),
  );
  await untilWhole(members);
}

/** Milliseconds of silence after which a server counts as dead. In half of it, the servers tell each other what they know. */
const [hastyMs, patientMs] = [1000, 60_000];

/** Has the servers hurry until all of them know the same. A busy machine's must not count as dead during a test. */
async function untilWhole(members: readonly Member[]): Promise<void> {
  const setTimeoutMs = (ms: number) =>
    Promise.all(members.map(({ redis }) => redis.config('SET', 'cluster-node-timeout', String(ms))));
  await setTimeoutMs(hastyMs);
  await until('the cluster is whole', () => isWhole(members), soon);
  await setTimeoutMs(patientMs);
}

const marksOfWhole = ['cluster_state:ok', 'cluster_slots_pfail:0', 'cluster_slots_ok:16384'];

/** @returns true if each master has a replica that follows it, no server counts as dead, and all servers agree about that. */
async function isWhole(members: readonly Member[]): Promise<boolean> {
  const views = await Promise.all(members.map(({ redis }) => redis.cluster('SLOTS')));
  const shards = views.map((ranges) =>
    ranges.map(([from, to, ...servers]) => [from, to, ...servers.map(([, port]) => port)].join()).sort(),
  );
  const replication = await Promise.all(members.map(({ redis }) => redis.info('replication')));
  const infos = await Promise.all(members.map(({ redis }) => redis.cluster('INFO')));
  return (
    infos.every((info) => marksOfWhole.every((mark) => info.includes(mark))) &&
    new Set(shards.map((each) => each.join(' '))).size === 1 &&
    views.every((ranges) => ranges.every(([, , ...servers]) => servers.length === 2)) &&
    replication.every((info) => /role:master|master_link_status:up/.test(info))
  );
}

async function replicaOf(members: readonly Member[], master: Member): Promise<Member> {
  const { port } = new URL(master.server.url);
  for (const member of members) {
    const [role, , masterPort] = await member.redis.role();
    if (role === 'slave' && String(masterPort) === port) return member;
  }
  throw new Error('the master has no replica');
}
