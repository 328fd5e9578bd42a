import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../app/testing/until.ts';
import type { Keeper } from '../processes/keeper.ts';
import { lastLines } from './log.ts';

/** What to run, and how to know that it serves. */
export interface ServerSpec {
  /** As the log file and every error names it. */
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Resolves once this process answers; rejects as long as none does, or another one that has taken its port. */
  readonly probe: (pid: number) => Promise<unknown>;
  /** How long it may take until it answers. */
  readonly readyWithinMs?: number;
  /** How long it may take to end after SIGTERM, before it is killed. */
  readonly stopWithinMs?: number;
}

/** A server of the stack: it can be stopped, killed, frozen and started again. */
export interface ServerProcess {
  readonly name: string;
  readonly logFile: string;
  /** Of the process that runs, or ran last. */
  readonly pid: number;
  /** Starts it, unless it runs, and waits until it answers. */
  start(): Promise<void>;
  /** Ends it in good order, or kills it where that takes too long. */
  stop(): Promise<void>;
  /** Signals it and its children. */
  kill(signal: NodeJS.Signals): void;
  /** Stops it by SIGSTOP. Resolves once all of its threads stand still. SIGCONT resumes it. */
  freeze(): Promise<void>;
  /** Resolves once it has ended. */
  ended(): Promise<void>;
}

/**
 * Starts a server with a log file in the keeper's directory and waits until it answers.
 *
 * @throws an error that names the server and shows the last lines of its log, when it ends instead or takes too long.
 */
export async function startServer(spec: ServerSpec, keeper: Keeper): Promise<ServerProcess> {
  const logFile = join(keeper.directory, `${spec.name}.log`);
  let child: ChildProcess | undefined;
  let exited: Promise<unknown> = Promise.resolve();

  const runs = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  function launch(): ChildProcess {
    const [program, ...args] = spec.command;
    const log = openSync(logFile, 'a');
    // In a session of its own: Ctrl-C on the terminal is for this process to deal with, in its own order.
    const launched = spawn(program, args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...spec.env },
      ...(spec.cwd && { cwd: spec.cwd }),
    });
    closeSync(log);
    exited = once(launched, 'exit').then(
      () => {
        signalGroup(launched.pid, 'SIGKILL'); // nginx's workers, for one, outlive a master that was killed
        if (launched.pid) keeper.remove(launched.pid);
      },
      () => {}, // it could not be started at all: the probe's deadline says so
    );
    if (launched.pid) keeper.add(launched.pid);
    return launched;
  }

  async function start(): Promise<void> {
    if (runs()) return;
    child = launch();
    const { readyWithinMs = 30_000 } = spec;
    // Another process may have its port, and be slow to answer the probe.
    const ended = exited.then(() => Promise.reject(new Error('it has ended')));
    ended.catch(() => {}); // it may end after the last probe
    const { pid = 0 } = child;
    const answers = () =>
      Promise.race([spec.probe(pid), ended]).then(
        () => 'yes' as const,
        () => !runs() && ('ended' as const),
      );
    const answer = await until('it answers', answers, { withinMs: readyWithinMs }).catch(() => 'no');
    if (answer === 'yes') return;
    const why = answer === 'ended' ? 'ended at once' : `did not answer within ${readyWithinMs} ms`;
    await stop();
    throw new Error(`${spec.name} ${why}. The last lines of its log:\n${lastLines(readFileSync(logFile, 'utf8'))}`);
  }

  async function stop(): Promise<void> {
    if (!runs()) return;
    kill('SIGTERM');
    kill('SIGCONT'); // a frozen process does not hear anything else
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
    // The first thread to notice stops the others. On a busy machine that takes time, and they answer meanwhile.
    await until(`${spec.name} stands still`, () => !runs() || standsStill(child?.pid ?? 0), { withinMs: 60_000 });
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

/** True if each thread of the process is stopped; where the system does not list threads, it stops all of them at once. */
function standsStill(pid: number): boolean {
  const threads = `/proc/${pid}/task`;
  if (!existsSync(threads)) return true;
  try {
    return readdirSync(threads).every((thread) =>
      /^State:\tT/m.test(readFileSync(join(threads, thread, 'status'), 'utf8')),
    );
  } catch {
    return false; // a thread has ended meanwhile: look again
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid) process.kill(-pid, signal);
  } catch {
    // the group has ended
  }
}
