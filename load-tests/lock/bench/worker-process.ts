import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { WorkerApi, WorkerCall, WorkerReply } from './worker-api.ts';

/** A worker as its parent sees it. */
export interface Worker extends AsyncDisposable {
  /**
   * Has the worker do something.
   *
   * @throws what was thrown there; or an error that says so when the worker has ended, or did not answer within the
   *   `seconds` or `windowMs` that the options name and some more.
   */
  call<Name extends keyof WorkerApi>(
    name: Name,
    ...options: Parameters<WorkerApi[Name]>
  ): Promise<Awaited<ReturnType<WorkerApi[Name]>>>;
}

/** Beyond what was ordered: to start, and for waiters to come to an end, where need be by a TTL. */
const graceMs = 20_000;

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Starts a process. It ends with this one at the latest. */
export function startWorker(): Worker {
  const execArgv = ['--import', 'tsx'];
  const child = fork(new URL('worker.ts', import.meta.url), { execArgv, serialization: 'advanced' });
  const exited = once(child, 'exit');
  const pending = new Map<number, Pending>();
  let calls = 0;

  child.on('message', (reply: WorkerReply) => {
    const call = pending.get(reply.id);
    if ('error' in reply) call?.reject(new Error(`a worker has failed: ${reply.error}`));
    else call?.resolve(reply.value);
  });
  exited.then(([code, signal]) => {
    for (const call of pending.values()) call.reject(new Error(`a worker has ended, with ${signal ?? code}`));
  });

  async function call(name: keyof WorkerApi, options: unknown): Promise<unknown> {
    const id = calls++;
    const { seconds = 0, windowMs = 0 } = (options ?? {}) as { seconds?: number; windowMs?: number };
    const withinMs = seconds * 1000 + windowMs + graceMs;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        timer = setTimeout(() => reject(new Error(`a worker has not done ${name} within ${withinMs} ms`)), withinMs);
        child.send({ id, name, options } satisfies WorkerCall, (error) => error && reject(error));
      });
    } finally {
      clearTimeout(timer);
      pending.delete(id);
    }
  }

  return {
    call: call as Worker['call'],
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL'); // it holds nothing that is worth an orderly end
      await exited;
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
