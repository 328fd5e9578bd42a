import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { embedLua } from '../../../../app/redis-lock/embed-lua.ts';
import { withTimeout } from '../../../../app/with-timeout.ts';
import { type RemoteProcess, startRemote } from '../../../stack/processes/remote-process.ts';
import type { Timing } from './alternate.ts';
import type { ContendOptions, Contention } from './contend.ts';

export interface OpenOptions {
  readonly library: string;
  readonly retryMs: number | undefined;
  /** Redis of the lock on one Redis. */
  readonly url?: string;
  /** Nodes of the Redlock. */
  readonly nodeUrls?: readonly string[];
}

/** The calls that a worker process serves. They use the Redlock if one is open, otherwise the lock on one Redis. */
export interface WorkerApi {
  /** @throws if the library gives a lock to two clients at once. */
  checkExclusion(options: { library: string; url: string }): Promise<void>;
  /** Connects and creates the locks. */
  open(options: OpenOptions): Promise<void>;
  /** Closes the locks and disconnects. */
  close(): Promise<void>;
  /**
   * Alternates two PINGs, each to all servers at once, with acquire and release by each library: by its lock on one Redis, or
   * by its Redlock on several. It opens its own connections. Ratios are to the PINGs.
   */
  compareWithPings(options: {
    libraries: readonly string[];
    urls: readonly string[];
    key: string;
    seconds: number;
  }): Promise<{ pings: Timing; locks: Timing[] }>;
  /** Acquires and releases in a loop. @returns microseconds of each iteration. */
  repeat(options: { key: string; seconds: number }): Promise<number[]>;
  contend(options: ContendOptions): Promise<Contention>;
  /** Acquires and holds until `release`. */
  hold(options: { key: string }): Promise<void>;
  release(): Promise<void>;
}

/** A worker as its parent sees it. A call times out when it takes much longer than its options say. */
export type Worker = RemoteProcess<WorkerApi>;

/** Added to each call's own duration: for the process to start, and for waiters to finish, if necessary by a TTL. */
const graceMs = 20_000;

/** The compiled worker. */
let program: string | undefined;

/**
 * Bundles the worker, which {@link startWorker} then starts: tsx gives a function its name whenever it is created, and
 * users of the compiled package do not pay for that.
 *
 * @returns what removes it.
 */
export async function buildWorker(): Promise<AsyncDisposable> {
  const cache = join(import.meta.dirname, '../libraries/node_modules/.cache'); // where Node finds the packages
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, 'bench-locks-'));
  await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'warn',
    plugins: [embedLua],
    build: {
      ssr: 'worker.ts',
      outDir: directory,
      emptyOutDir: false, // it is outside of the root, and new
      target: 'node20',
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'worker.mjs', chunkFileNames: '[name].mjs' } },
    },
  });
  program = join(directory, 'worker.mjs');
  return { [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

/** Starts a worker. It exits with this process at the latest. @throws if it was not built. */
export function startWorker(): Worker {
  if (program === undefined) throw new Error('the worker has not been built');
  const remote = startRemote<WorkerApi>(program);
  return {
    ...remote,
    call(name, ...args) {
      const { seconds = 0, windowMs = 0 } = (args[0] ?? {}) as { seconds?: number; windowMs?: number };
      const withinMs = seconds * 1000 + windowMs + graceMs;
      return withTimeout(remote.call(name, ...args), withinMs, `the worker call ${name}`);
    },
  };
}

/** Starts several workers that are disposed together. */
export function startWorkers(count: number): { workers: readonly Worker[] } & AsyncDisposable {
  const workers = Array.from({ length: count }, startWorker);
  return {
    workers,
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
    },
  };
}
