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

function openLock(): BenchLock {
  const lock = redlock ?? single;
  if (!lock) throw new Error('no lock is open');
  return lock;
}

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

async function openRedlock(library: string, urls: readonly string[], retryMs?: number): Promise<BenchLock> {
  const nodes = await openConnections(urls);
  return closedLater((await findLibrary(library)).onMajority(nodes, { ttlMs, retryMs }));
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
    if (nodeUrls) redlock = await openRedlock(library, nodeUrls, retryMs);
  },
  close,
  async compareWithPings({ libraries, urls, key, seconds }) {
    const servers = await openConnections(urls);
    const ping = () => Promise.all(servers.map((redis) => redis.ping()));
    const twoPings = async () => {
      await ping();
      await ping();
    };
    const [url = '', ...others] = urls;
    const open = (name: string) => (others.length > 0 ? openRedlock(name, urls) : openSingle(name, url));
    const locks = await Promise.all(libraries.map(open));
    const operations = locks.map((lock, index) => acquireAndRelease(lock, `${key}-${index}`));
    const [pings, ...timings] = await alternate([twoPings, ...operations], seconds);
    await close();
    if (!pings) throw new Error('nothing was timed');
    return { pings, locks: timings };
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
