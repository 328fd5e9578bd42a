import { type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { createBirpc } from 'birpc';

type Fn = (...args: never[]) => unknown;

/** The functions of another process. Arguments and results are copied (HTML structured clone). */
export interface RemoteProcess<Api extends Record<keyof Api, Fn>> extends AsyncDisposable {
  /** @throws what the function throws; an error that says so if the process has ended. */
  call<Name extends keyof Api>(name: Name, ...args: Parameters<Api[Name]>): Promise<Awaited<ReturnType<Api[Name]>>>;
}

/** Starts a program that calls {@link serveParent}. It is killed by its disposal, and ends with this process. */
export function startRemote<Api extends Record<keyof Api, Fn>>(
  program: string | URL,
  options: ForkOptions = {},
): RemoteProcess<Api> {
  const child = fork(program, { serialization: 'advanced', ...options });
  const exited = once(child, 'exit');
  const remote = createBirpc<Api, object, false>(
    {},
    {
      proxify: false,
      timeout: -1, // each caller sets its own
      post: (message) =>
        new Promise<void>((sent, failed) => child.send(message, (error) => (error ? failed(error) : sent()))),
      on: (receive) => void child.on('message', receive),
    },
  );
  exited.then(([code, signal]) => remote.$close(new Error(`a process has ended, with ${signal ?? code}`)));
  return {
    call: remote.$call as RemoteProcess<Api>['call'],
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL'); // it holds no data worth a clean shutdown
      await exited;
    },
  };
}

/** Serves these functions to the parent process, and exits when that has ended. */
export function serveParent<Api extends object>(api: Api): void {
  process.once('disconnect', () => process.exit());
  createBirpc<object, Api>(api, {
    bind: 'functions',
    post: (message) => process.send?.(message),
    on: (receive) => void process.on('message', receive),
  });
}
