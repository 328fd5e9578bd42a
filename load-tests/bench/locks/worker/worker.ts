import type { Redis } from 'ioredis';
import { serveParent } from '../../../stack/processes/remote-process.ts';
import { checkExclusion } from '../libraries/exclusion.ts';
import { findLibrary } from '../libraries/index.ts';
import type { BenchLock } from '../libraries/lock-library.ts';
import { alternate } from './alternate.ts';
import { countTraffic, openReady } from './connections.ts';
import { contend } from './contend.ts';
import type { WorkerApi } from './worker-process.ts';

/** A worker process: it serves its parent's calls and exits with it. */
const ttlMs = 10_000;
const traffic = countTraffic();
let single: BenchLock | undefined;
let redlock: BenchLock | undefined;
let closings: (() => Promise<void>)[] = [];
let releaseHeld: (() => Promise<unknown>) | undefined;

function opened(lock: BenchLock | undefined): BenchLock {
  if (!lock) throw new Error('no lock is open');
  return lock;
}
const openLock = () => opened(redlock ?? single);

async function openConnections(urls: readonly string[]): Promise<Redis[]> {
  const connections = await Promise.all(urls.map(openReady));
  closings.push(async () => {
    for (const connection of connections) connection.disconnect();
  });
  return connections;
}

async function openSingle(library: string, url: string, retryMs?: number): Promise<BenchLock> {
  const [redis] = await openConnections([url]);
  if (!redis) throw new Error('no connection');
  return closedLater((await findLibrary(library)).onOneRedis(redis, { ttlMs, retryMs }));
}

function closedLater(lock: BenchLock): BenchLock {
  closings.unshift(() => lock.close()); // before its connections
  return lock;
}

async function close(): Promise<void> {
  for (const end of closings) await end();
  closings = [];
  single = redlock = undefined;
}

const acquireAndRelease = (lock: BenchLock, key: string) => async () => (await lock.acquire(key))();

const api: WorkerApi = {
  async checkExclusion({ library, url }) {
    await checkExclusion(await findLibrary(library), (await openConnections([url, url])) as [Redis, Redis]);
    await close();
  },
  async open({ library, retryMs, url, nodeUrls }) {
    if (url) single = await openSingle(library, url, retryMs);
    if (!nodeUrls) return;
    const nodes = await openConnections(nodeUrls);
    redlock = closedLater((await findLibrary(library)).onMajority(nodes, { ttlMs, retryMs }));
  },
  close,
  async compareWithPings({ libraries, url, key, seconds }) {
    const [redis] = await openConnections([url]);
    const twoPings = async () => {
      await redis?.ping();
      await redis?.ping();
    };
    const locks = await Promise.all(libraries.map((name) => openSingle(name, url)));
    const operations = locks.map((lock, index) => acquireAndRelease(lock, `${key}-${index}`));
    const [pings, ...timings] = await alternate([twoPings, ...operations], seconds);
    await close();
    if (!pings) throw new Error('nothing was timed');
    return { pings, locks: timings };
  },
  async compareWithSingle({ key, seconds }) {
    const operations = [acquireAndRelease(opened(single), `${key}-single`), acquireAndRelease(opened(redlock), key)];
    const [one, several] = await alternate(operations, seconds);
    if (!one || !several) throw new Error('nothing was timed');
    return { single: one, redlock: several };
  },
  async repeat({ key, seconds }) {
    const operation = acquireAndRelease(openLock(), key);
    const until = performance.now() + seconds * 1000;
    const us: number[] = [];
    while (performance.now() < until) {
      const startedAt = performance.now();
      await operation();
      us.push((performance.now() - startedAt) * 1000);
    }
    return us;
  },
  contend: (options) => contend(openLock(), traffic, options),
  async hold({ key }) {
    releaseHeld = await openLock().acquire(key);
  },
  async release() {
    await releaseHeld?.();
  },
};

serveParent(api);
