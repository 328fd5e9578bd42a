import type { Claim } from './claim.ts';
import type { LockClient } from './client.ts';
import { Contender, type ContenderContext } from './contender.ts';
import { Deadlines } from './deadlines.ts';
import { lockKeys } from './keys.ts';
import { LockNode } from './node.ts';
import { readAcquireOptions, readLockOptions } from './options.ts';
import type { Runtime } from './runtime.ts';
import type { AcquireOptions, Acquisition, DistributedLock, LockOptions } from './types.ts';
import { Waiter } from './waiter.ts';

/** A lock on the quorum of `clients`, be it one or many. */
export function createLock(clients: readonly LockClient[], options: LockOptions, runtime: Runtime): DistributedLock {
  const { ttlMs: defaultTtlMs, nodeTimeoutMs, validityMs, autoExtendForMs, listener } = readLockOptions(options);
  const client = runtime.newId();
  const claims = new Map<string, Claim>();
  const contenders = new Map<string, Contender>();
  const deadlines = new Deadlines(runtime);
  let number = 0;
  let closed = false;

  const nodes = clients.map((lockClient): LockNode => {
    const node: LockNode = new LockNode(lockClient, {
      timeoutMs: nodeTimeoutMs,
      deadlines,
      runtime,
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
    runtime,
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
      contender.join(new Waiter({ key, waitMs, ttlMs, signal, above, listener, runtime, resolve }));
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
