import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../app/testing/until.ts';
import type { Keeper } from '../processes/keeper.ts';
import { lastLines } from './log.ts';

/** Until a server answers. One that fails ends; only one that hangs takes that long, even beside five stacks that start. */
const readyWithinMs = 120_000;

/** A server's command, and how to tell that it is ready. */
export interface ServerSpec {
  /** Names its log file, and appears in errors. */
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Resolves if this process answers; rejects if none does, or another process that has taken its port. */
  readonly probe: (pid: number) => Promise<unknown>;
  /** Takes commands on its file descriptor 3 and answers on 4. Called at each start. */
  readonly onPipes?: (commands: Writable, answers: Readable) => void;
  /** Time limit after SIGTERM, before it is killed. */
  readonly stopWithinMs?: number;
}

/** A server of the stack. It can be stopped, killed, frozen and restarted. */
export interface ServerProcess {
  readonly name: string;
  readonly logFile: string;
  /** The id of the running process, or of the last one. */
  readonly pid: number;
  /** Starts it unless it is running, and waits until it answers. */
  start(): Promise<void>;
  /** Shuts it down, or kills it if that takes too long. */
  stop(): Promise<void>;
  /** Sends a signal to it and its children. */
  kill(signal: NodeJS.Signals): void;
  /** Stops it by SIGSTOP. Resolves once all of its threads are stopped. SIGCONT resumes it. */
  freeze(): Promise<void>;
  /** Resolves once it has ended. */
  ended(): Promise<void>;
}

/**
 * Starts a server with a log file in the keeper's directory and waits until it answers.
 *
 * @throws an error with the server's name and the last lines of its log, if it ends instead or takes too long.
 */
export async function startServer(spec: ServerSpec, keeper: Keeper): Promise<ServerProcess> {
  const logFile = join(keeper.directory, `${spec.name}.log`);
  let child: ChildProcess | undefined;
  let exited: Promise<unknown> = Promise.resolve();

  const runs = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  function launch(): ChildProcess {
    const [program, ...args] = spec.command;
    const log = openSync(logFile, 'a');
    // In its own session, because this process handles Ctrl-C and ends the servers in order.
    const launched = spawn(program, args, {
      detached: true,
      stdio: ['ignore', log, log, ...(spec.onPipes ? (['pipe', 'pipe'] as const) : [])],
      env: { ...spec.env },
      ...(spec.cwd && { cwd: spec.cwd }),
    });
    closeSync(log);
    spec.onPipes?.(launched.stdio[3] as Writable, launched.stdio[4] as Readable);
    exited = once(launched, 'exit').then(
      () => {
        signalGroup(launched.pid, 'SIGKILL'); // nginx's workers, for example, outlive a killed master
        if (launched.pid) keeper.remove(launched.pid);
      },
      () => {}, // it could not be started: the probe's deadline reports that
    );
    if (launched.pid) keeper.add(launched.pid);
    return launched;
  }

  async function start(): Promise<void> {
    if (runs()) return;
    child = launch();
    // Another process may have its port and answer the probe slowly.
    const ended = exited.then(() => Promise.reject(new Error('it has ended')));
    ended.catch(() => {}); // it may end after the last probe
    const { pid = 0 } = child;
    const answers = () =>
      Promise.race([spec.probe(pid), ended]).then(
        () => 'yes' as const,
        () => !runs() && ('ended' as const),
      );
    const answer = await until('it answers', answers, { withinMs: readyWithinMs, everyMs: 50 }).catch(() => 'no');
    if (answer === 'yes') return;
    const why = answer === 'ended' ? 'ended at once' : `did not answer within ${readyWithinMs} ms`;
    await stop();
    throw new Error(`${spec.name} ${why}. The last lines of its log:\n${lastLines(readFileSync(logFile, 'utf8'))}`);
  }

  async function stop(): Promise<void> {
    if (!runs()) return;
    kill('SIGTERM');
    kill('SIGCONT'); // a frozen process handles no other signal but SIGKILL
    const inTime = await Promise.race([
      exited.then(() => true),
      sleep(spec.stopWithinMs ?? 15_000, false, { ref: false }),
    ]);
    if (!inTime) kill('SIGKILL');
    await exited;
  }

  function kill(signal: NodeJS.Signals): void {
    if (runs()) signalGroup(child?.pid, signal);
  }

  async function freeze(): Promise<void> {
    kill('SIGSTOP');
    // The first thread to notice stops the others. Until then, which may be long on a busy machine, they still answer.
    await until(`${spec.name} is stopped`, () => !runs() || isStopped(child?.pid ?? 0), { withinMs: 60_000 });
  }

  await start();
  return {
    name: spec.name,
    logFile,
    get pid() {
      return child?.pid ?? 0;
    },
    start,
    stop,
    kill,
    freeze,
    ended: async () => void (await exited),
  };
}

/** True if each thread of the process is stopped. A system that does not list threads stops all of them at once. */
function isStopped(pid: number): boolean {
  const threads = `/proc/${pid}/task`;
  if (!existsSync(threads)) return true;
  try {
    return readdirSync(threads).every((thread) =>
      /^State:\tT/m.test(readFileSync(join(threads, thread, 'status'), 'utf8')),
    );
  } catch {
    return false; // a thread has just ended: check again
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid) process.kill(-pid, signal);
  } catch {
    // the group has ended
  }
}
