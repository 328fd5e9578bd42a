import { expect, onTestFinished } from 'vitest';
import { startProxy, type TcpProxy } from '../../app/testing/proxy.ts';
import { findPrograms } from '../stack/install/programs.ts';
import { startKeeper } from '../stack/processes/keeper.ts';
import { askRedis } from '../stack/servers/ask-redis.ts';
import { startSentinel, watchedName } from '../stack/servers/sentinel.ts';
import { inTime } from './leases.ts';
import { at, type RedisPool } from './redis-pool.ts';

/** Makes a server of the pool the replica of another, and waits until it replicates. After the test it is a master again. */
export async function makeReplica(pool: RedisPool, index: number, masterIndex: number): Promise<void> {
  const observer = at(pool.observers, index);
  const { port } = new URL(at(pool.servers, masterIndex).url);
  onTestFinished(async () => void (await observer.replicaof('NO', 'ONE')));
  await observer.replicaof('127.0.0.1', port);
  await expect.poll(() => observer.info('replication'), inTime).toContain('master_link_status:up');
}

/** Makes a replica of the pool a master. */
export async function promote(pool: RedisPool, index: number): Promise<void> {
  await at(pool.observers, index).replicaof('NO', 'ONE');
}

/** Starts a proxy to a server of the pool; closed after the test. */
export async function startAddress(pool: RedisPool, index: number): Promise<TcpProxy> {
  const address = await startProxy(at(pool.servers, index).url);
  onTestFinished(() => address.close());
  return address;
}

/** Sends new connections to another server of the pool. Present ones stay. */
export function moveAddress(pool: RedisPool, address: TcpProxy, index: number): void {
  address.target = new URL(at(pool.servers, index).url);
}

/** Sentinel's own periods are of seconds, and on a busy machine it takes itself for too late to be right, for 30 s. */
const hurried = ['INFO-PERIOD', 'PING-PERIOD', 'ASK-PERIOD', 'PUBLISH-PERIOD', 'MIN-LINK-RECONNECT-PERIOD']
  .flatMap((period) => [period, '100'])
  .concat('TILT-TRIGGER', '60000');

/** No master that is up is silent for so long. In milliseconds. */
const patientMs = 60_000;

/** A Sentinel of a test. */
interface Watch {
  readonly url: string;
  /** Makes the replica the master, without a fault. */
  switchOver(): Promise<void>;
  /** From now on, a master that does not answer for 300 ms is replaced, once. */
  begin(): Promise<void>;
  promoted(): Promise<void>;
  demoted(): Promise<void>;
}

/** Has a Sentinel watch a master of the pool and its replica until the test ends. */
export async function watchBySentinel(pool: RedisPool, oldMaster: number, newMaster: number): Promise<Watch> {
  onTestFinished(async () => void (await at(pool.observers, oldMaster).replicaof('NO', 'ONE')));
  const keeper = await startKeeper();
  onTestFinished(() => keeper.end()); // before that: these are called in reverse
  const program = findPrograms().redis ?? 'redis-server';
  const primaryUrl = at(pool.servers, oldMaster).url;
  const { url } = await startSentinel(program, keeper, { primaryUrl, downAfterMs: patientMs });
  const ask = (command: string, ...args: string[]) =>
    askRedis(url, (redis) => redis.call('SENTINEL', command, watchedName, ...args));
  await askRedis(url, (redis) => redis.call('SENTINEL', 'DEBUG', ...hurried));
  await expect.poll(async () => JSON.stringify(await ask('REPLICAS')), inTime).toContain('"master-link-status","ok"');
  const { port } = new URL(at(pool.servers, newMaster).url);
  const replaceAfter = async (ms: number) => void (await ask('SET', 'DOWN-AFTER-MILLISECONDS', String(ms)));
  const isMaster = async () => {
    const address = await ask('GET-MASTER-ADDR-BY-NAME');
    return JSON.stringify(address) + (await at(pool.observers, newMaster).info('replication'));
  };
  const isPromoted = new RegExp(`"${port}".*role:master`, 's');
  return {
    url,
    switchOver: async () => {
      // It refuses, or gives up in silence, if it has not heard from the replica lately.
      const hasSwitched = async () => {
        if (isPromoted.test(await isMaster())) return true;
        await ask('FAILOVER').catch(() => {});
        return false;
      };
      await expect.poll(hasSwitched, { ...inTime, interval: 1000 }).toBe(true);
    },
    begin: () => replaceAfter(300),
    async promoted() {
      await expect.poll(isMaster, inTime).toMatch(isPromoted);
      await replaceAfter(patientMs); // this machine may stand still for 300 ms
    },
    demoted: () =>
      expect
        .poll(() => at(pool.observers, oldMaster).info('replication'), inTime)
        .toMatch(/role:slave.*master_link_status:up/s),
  };
}
