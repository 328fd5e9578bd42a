import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Call, Reply, Start } from './contender-messages.ts';

export type { Reply } from './contender-messages.ts';

/** A process of its own with a lock of its own. */
export interface Contender {
  /**
   * Calls its lock. The id is what later calls name the lease by.
   *
   * The answer rejects when the process has ended, as it does on an unhandled rejection.
   */
  call(call: Call): { readonly id: number; readonly answer: Promise<Reply> };
}

/** Starts one more process that contends for locks. It is killed after the test. */
export async function startContender(start: Start): Promise<Contender> {
  const program = fileURLToPath(new URL('contender-process.ts', import.meta.url));
  const child = fork(program, [JSON.stringify(start)], {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced', // tokens are bigints
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const pending = new Map<number, { settle(reply: Reply): void; fail(error: Error): void }>();
  let lastId = 0;

  const exited = once(child, 'exit').then(([code, signal]) => {
    for (const { fail } of pending.values()) fail(new Error(`a contender has ended, with ${code ?? signal}`));
    pending.clear();
  });
  const isReady = new Promise<void>((resolve) => {
    child.on('message', ([id, reply]: [number, Reply]) => {
      if (id === 0) return resolve();
      pending.get(id)?.settle(reply);
      pending.delete(id);
    });
  });
  await Promise.race([isReady, exited.then(() => Promise.reject(new Error('a contender could not be started')))]);

  return {
    call(call) {
      const id = ++lastId;
      const answer = new Promise<Reply>((settle, fail) => {
        pending.set(id, { settle, fail });
        child.send([id, call], (error) => error && fail(error));
      });
      return { id, answer };
    },
  };
}
