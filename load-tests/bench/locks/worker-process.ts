import { withTimeout } from '../../../app/with-timeout.ts';
import { type RemoteProcess, startRemote } from '../../stack/processes/remote-process.ts';
import type { WorkerApi } from './worker-api.ts';

/** A worker as its parent sees it. A call also throws when it takes much longer than its options say. */
export type Worker = RemoteProcess<WorkerApi>;

/** Beyond what was ordered: to start, and for waiters to come to an end, where need be by a TTL. */
const graceMs = 20_000;

/** Starts a process. It ends with this one at the latest. */
export function startWorker(): Worker {
  const remote = startRemote<WorkerApi>(new URL('worker.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });
  return {
    ...remote,
    call(name, ...args) {
      const { seconds = 0, windowMs = 0 } = (args[0] ?? {}) as { seconds?: number; windowMs?: number };
      const withinMs = seconds * 1000 + windowMs + graceMs;
      return withTimeout(remote.call(name, ...args), withinMs, `a worker, told to ${name},`);
    },
  };
}

/** Several of them, which end together. */
export function startWorkers(count: number): { workers: readonly Worker[] } & AsyncDisposable {
  const workers = Array.from({ length: count }, startWorker);
  return {
    workers,
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
    },
  };
}
