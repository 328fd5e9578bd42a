import { openRedis } from '../../app/redis/connection.ts';
import {
  type AcquireOptions,
  createRedisLock,
  createRedlock,
  type DistributedLock,
  type Lease,
  type LockOptions,
} from '../../app/redis-lock/index.ts';
import { serveParent } from '../stack/processes/remote-process.ts';

/** When a call began and was answered, by the machine's monotonic clock, in ms. */
interface Times {
  readonly calledAt: number;
  readonly repliedAt: number;
}

/** The same in all processes of the machine, unlike `performance.now()`. */
const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

/** Another machine that contends for the locks: a process with its own lock object. Leases are named by their tokens. */
class Contender {
  #lock: DistributedLock | undefined;
  readonly #leases = new Map<bigint, Lease>();

  /** @param urls of the Redis servers: one for a lock on one Redis, several for a Redlock. */
  async open(urls: readonly string[], options: LockOptions): Promise<void> {
    const nodes = urls.map((url) => openRedis({ url, timeoutMs: 5000, warn: () => {} }));
    await Promise.all(nodes.map((node) => new Promise<void>((resolve) => node.once('ready', resolve))));
    const [first] = nodes;
    this.#lock = nodes.length === 1 && first ? createRedisLock(first, options) : createRedlock(nodes, options);
  }

  async acquire(key: string, options: Omit<AcquireOptions, 'signal'>): Promise<Times & { token: bigint }> {
    const calledAt = monotonicMs();
    const acquisition = await this.#lock?.acquire(key, options);
    if (acquisition?.outcome !== 'acquired') throw new Error(`not acquired: ${acquisition?.outcome}`);
    const { lease } = acquisition;
    this.#leases.set(lease.token, lease);
    return { calledAt, repliedAt: monotonicMs(), token: lease.token };
  }

  async extend(token: bigint): Promise<'extended' | 'lost' | undefined> {
    return this.#leases.get(token)?.extend();
  }

  async release(token: bigint): Promise<Times & { outcome: 'released' | 'expired' | undefined }> {
    const calledAt = monotonicMs();
    const outcome = await this.#leases.get(token)?.release();
    return { calledAt, repliedAt: monotonicMs(), outcome };
  }
}

export type { Contender };

serveParent(new Contender());
