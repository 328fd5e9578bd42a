import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Claim } from './claim.ts';
import { Contender, type ContenderContext } from './contender.ts';
import { Deadlines } from './deadlines.ts';
import { lockKeys } from './keys.ts';
import { LockNode } from './node.ts';
import { readAcquireOptions, readLockOptions } from './options.ts';
import type { AcquireOptions, Acquisition, DistributedLock, LockOptions } from './types.ts';
import { Waiter } from './waiter.ts';

/** A lock on the quorum of `connections`, be it one or many. */
export function createLock(connections: readonly Redis[], options: LockOptions): DistributedLock {
  const { ttlMs: defaultTtlMs, nodeTimeoutMs, validityMs, autoExtendForMs, listener } = readLockOptions(options);
  const client = randomBytes(12).toString('base64url');
  const claims = new Map<string, Claim>();
  const contenders = new Map<string, Contender>();
  const deadlines = new Deadlines();
  let number = 0;
  let closed = false;

  const nodes = connections.map((redis): LockNode => {
    const node: LockNode = new LockNode(redis, {
      timeoutMs: nodeTimeoutMs,
      deadlines,
      channel: `redis-lock:${client}`,
      onGrant: (grant) => {
        const claim = claims.get(grant.id);
        if (claim?.keys.lock === grant.key) claim.onGrant(node, grant);
        else node.giveUp(lockKeys(grant.key), grant.id, '', defaultTtlMs); // its caller has gone meanwhile
      },
      onListening: () => {
        for (const claim of claims.values()) claim.onListening(node);
      },
    });
    return node;
  });

  const context: ContenderContext = {
    nodes,
    timeoutMs: nodeTimeoutMs,
    validityMs,
    autoExtendForMs,
    listener,
    deadlines,
    claims,
    newId: (ttlMs) => `${client}:${++number}:${ttlMs}`,
    onIdle: (contender) => {
      const { lock: key } = contender.keys;
      if (contenders.get(key) === contender) contenders.delete(key);
    },
  };

  function acquire(key: string, acquireOptions?: AcquireOptions): Promise<Acquisition> {
    // What is thrown in here, for a programming error, rejects the promise.
    return new Promise((resolve) => {
      const { waitMs, ttlMs, signal, above } = readAcquireOptions(acquireOptions, defaultTtlMs, validityMs);
      let contender = contenders.get(key);
      const keys = contender?.keys ?? lockKeys(key);
      if (closed) return resolve({ outcome: 'unavailable', cause: new Error('this lock has been closed') });
      if (signal?.aborted) return resolve({ outcome: 'aborted' });
      if (!contender) {
        contender = new Contender(context, keys);
        contenders.set(key, contender);
      }
      contender.join(new Waiter({ key, waitMs, ttlMs, signal, above, listener, resolve }));
    });
  }

  return {
    acquire,
    async withLock(key, work, acquireOptions) {
      const acquisition = await acquire(key, acquireOptions);
      if (acquisition.outcome !== 'acquired') return acquisition;
      try {
        return { outcome: 'done', value: await work(acquisition.lease) };
      } finally {
        await acquisition.lease.release();
      }
    },
    async close() {
      closed = true;
      await Promise.all([...contenders.values()].map((contender) => contender.close()));
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}
