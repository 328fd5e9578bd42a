import { expect, onTestFinished } from 'vitest';
import { startProxy, type TcpProxy } from '../../app/testing/proxy.ts';
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
