import { AbortCallbacks } from './abort-callbacks.ts';
import type { AcquireAttempt } from './acquire-attempt.ts';
import type { LockClient } from './client.ts';
import { Deadlines } from './deadlines.ts';
import { isLockKey, type LockKeys, lockKeys } from './keys.ts';
import { LocalQueue, type LocalQueueContext } from './local-queue.ts';
import { LockNode } from './node.ts';
import { readAcquireOptions, readLockOptions } from './options.ts';
import type { Runtime } from './runtime.ts';
import type { AcquireOptions, Acquisition, DistributedLock, LockOptions } from './types.ts';
import { Waiter } from './waiter.ts';

/** A lock, with a view of its memory for tests. */
export interface LockEngine extends DistributedLock {
  /** The size of each of its tables: all 0 when nothing is held or waited for. */
  counts(): Record<string, number>;
}

/** A lock on a quorum of `clients`: one or several. */
export function createLock(clients: readonly LockClient[], options: LockOptions, runtime: Runtime): LockEngine {
  const defaults = readLockOptions(options, runtime);
  const { nodeTimeoutMs, validityMs, fencing, prefix, autoExtendForMs, listener } = defaults;
  // A single node uses its own clock. Several get one time from here, to mint the same tokens.
  const clock = (): string => (clients.length === 1 ? '' : String(Math.round(runtime.wallClock() * 1000)));
  const isCluster = clients.some((one) => one.isCluster);
  if (isCluster && !clients.every((one) => one.isCluster)) {
    throw new TypeError('the nodes of a lock must be single servers, or all of them clusters');
  }
  // Other libraries' values do not begin like this: see acquire.lua. The second ~ is for grant.lua.
  const client = `${isCluster ? '~~' : '~'}${runtime.newId()}`;
  const channel = `${prefix}redis-lock:${client}`;
  const channelOf = ({ all: [, queue] }: LockKeys): string => (isCluster ? `${queue}:${client}` : channel);
  const attempts = new Map<number, AcquireAttempt>();
  const localQueues = new Map<string, LocalQueue>();
  const deadlines = new Deadlines(runtime);
  const aborts = new AbortCallbacks();
  let number = 0;
  let closing: Promise<void> | undefined;

  const nodes = clients.map((lockClient): LockNode => {
    const node: LockNode = new LockNode(lockClient, {
      timeoutMs: nodeTimeoutMs,
      deadlines,
      runtime,
      clock,
      channelOf,
      onGrant: (grant) => {
        if (!grant.id.startsWith(`${client}:`) || !/^[^:]+:[\d.]+:\d+$/.test(grant.id)) return; // not from a script
        if (!isLockKey(grant.key) || !(grant.ttlMs > 0) || !Number.isSafeInteger(grant.lastToken)) return; // nor this
        const attempt = attempts.get(Number.parseInt(grant.id.slice(client.length + 1), 10));
        if (attempt) attempt.onGrant(node, grant);
        else node.releaseInBackground(lockKeys(grant.key, prefix), grant.id, grant.ttlMs); // the caller has left
      },
      onListening: (name) => {
        for (const attempt of attempts.values()) if (channelOf(attempt.keys) === name) attempt.onListening(node);
      },
    });
    return node;
  });

  const context: LocalQueueContext = {
    nodes,
    timeoutMs: nodeTimeoutMs,
    validityMs,
    fencing,
    clock,
    autoExtendForMs,
    listener,
    deadlines,
    runtime,
    attempts,
    client,
    newNumber: () => ++number,
    onIdle: (localQueue) => {
      const { lock: key } = localQueue.keys;
      if (localQueues.get(key) === localQueue) localQueues.delete(key);
    },
  };

  function acquire(key: string, acquireOptions?: AcquireOptions): Promise<Acquisition> {
    // An error thrown in here, for a programming mistake, rejects the promise.
    return new Promise((resolve) => {
      const { waitMs, ttlMs, signal, minToken } = readAcquireOptions(acquireOptions, defaults);
      let localQueue = localQueues.get(key);
      const keys = localQueue?.keys ?? lockKeys(key, prefix);
      if (closing) return resolve({ outcome: 'unavailable', cause: new Error('this lock has been closed') });
      if (signal?.aborted) return resolve({ outcome: 'aborted' });
      if (!localQueue) {
        localQueue = new LocalQueue(context, keys);
        localQueues.set(key, localQueue);
      }
      localQueue.join(new Waiter({ key, waitMs, ttlMs, signal, minToken, listener, runtime, aborts, resolve }));
    });
  }

  return {
    acquire,
    counts: () => ({
      attempts: attempts.size,
      localQueues: localQueues.size,
      deadlines: deadlines.size,
      aborts: aborts.size,
    }),
    async withLock(key, work, acquireOptions) {
      const acquisition = await acquire(key, acquireOptions);
      if (acquisition.outcome !== 'acquired') return acquisition;
      try {
        return { outcome: 'done', value: await work(acquisition.lease) };
      } finally {
        await acquisition.lease.release();
      }
    },
    close() {
      closing ??= (async () => {
        await undefined; // before any wait ends: the listener may call acquire, and this
        await Promise.all([...localQueues.values()].map((localQueue) => localQueue.close()));
        await Promise.all(nodes.map((node) => node.close()));
      })();
      return closing;
    },
  };
}
