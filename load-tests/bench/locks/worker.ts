import type { Redis } from 'ioredis';
import { serveParent } from '../../stack/processes/remote-process.ts';
import { alternate } from './alternate.ts';
import { openReady } from './connection.ts';
import { contend } from './contend.ts';
import type { BenchLock } from './contender.ts';
import { findContender } from './contenders.ts';
import { countTraffic } from './traffic.ts';
import type { WorkerApi } from './worker-api.ts';

/** One process of the bench: a child that does as it is told and ends when its parent has gone. */
const ttlMs = 10_000;
const traffic = countTraffic();
/** What is open: the locks, and how to end each of them. */
let single: BenchLock | undefined;
let redlock: BenchLock | undefined;
let closings: (() => Promise<void>)[] = [];
let letGo: (() => Promise<unknown>) | undefined;

function opened(lock: BenchLock | undefined): BenchLock {
  if (!lock) throw new Error('it is not open');
  return lock;
}
const inUse = () => opened(redlock ?? single);

async function openConnections(urls: readonly string[]): Promise<Redis[]> {
  const connections = await Promise.all(urls.map(openReady));
  closings.push(async () => {
    for (const connection of connections) connection.disconnect();
  });
  return connections;
}

async function openSingle(contender: string, url: string, retryMs?: number): Promise<BenchLock> {
  const [redis] = await openConnections([url]);
  if (!redis) throw new Error('there is no connection');
  return closedLater(findContender(contender).onOneRedis(redis, { ttlMs, retryMs }));
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
  async open({ contender, retryMs, url, nodeUrls }) {
    if (url) single = await openSingle(contender, url, retryMs);
    if (!nodeUrls) return;
    const nodes = await openConnections(nodeUrls);
    redlock = closedLater(findContender(contender).onMajority(nodes, { ttlMs, retryMs }));
  },
  close,
  async compareWithPings({ contenders, url, key, seconds }) {
    const [redis] = await openConnections([url]);
    const twoPings = async () => {
      await redis?.ping();
      await redis?.ping();
    };
    const locks = await Promise.all(contenders.map((name) => openSingle(name, url)));
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
    const operation = acquireAndRelease(inUse(), key);
    const until = performance.now() + seconds * 1000;
    const us: number[] = [];
    while (performance.now() < until) {
      const startedAt = performance.now();
      await operation();
      us.push((performance.now() - startedAt) * 1000);
    }
    return us;
  },
  contend: (options) => contend(inUse(), traffic, options),
  async hold({ key }) {
    letGo = await inUse().acquire(key);
  },
  async letGo() {
    await letGo?.();
  },
};

serveParent(api);
