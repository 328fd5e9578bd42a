import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Ends a stack's processes and removes its directory when its owner ends, in whichever way. */
export interface Keeper {
  /** The stack's scratch directory, with mode 0700. */
  readonly directory: string;
  /** Adds a process group to end with the stack. */
  add(pid: number): void;
  /** Removes a process group that has ended. */
  remove(pid: number): void;
  /** Kills the remaining process groups, and removes the directory. */
  end(): Promise<void>;
}

/** The directories of this process's running stacks. */
const directories = new Set<string>();

/** @returns the directories in which the servers of this process's stacks write their logs. */
export const scratchDirectories = (): readonly string[] => [...directories];

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Starts the watchdog, a process that outlives this one to clean up after it: after Ctrl-C, an uncaught exception or SIGKILL.
 * The watchdog also makes the scratch directory, which therefore never exists without a process to remove it.
 *
 * @throws when the system's directory for temporary files is not writable.
 */
export async function startKeeper(): Promise<Keeper> {
  const program = fileURLToPath(new URL('watchdog.mjs', import.meta.url));
  const watchdog = spawn(process.execPath, [program, join(tmpdir(), 'payment-race-')], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(watchdog, 'exit');
  watchdog.stdin.on('error', () => {}); // it has ended
  const [directory] = await Promise.race([
    once(createInterface({ input: watchdog.stdout }), 'line') as Promise<[string]>,
    exited.then(() => Promise.reject(new Error(`No scratch directory could be made in ${tmpdir()}.`))),
  ]);

  directories.add(directory);
  let ending: Promise<unknown> | undefined;
  async function end(): Promise<void> {
    directories.delete(directory);
    watchdog.stdin.end();
    ending ??= exited;
    await ending;
    for (const signal of endingSignals) process.removeListener(signal, endProcess);
  }
  // Ctrl-C may arrive twice, from the terminal and from npm: the second one must not interrupt the clean-up.
  function endProcess(signal: NodeJS.Signals): void {
    end().finally(() => process.exit(128 + constants.signals[signal]));
  }
  for (const signal of endingSignals) process.on(signal, endProcess);

  const send = (line: string) => watchdog.stdin.writable && watchdog.stdin.write(`${line}\n`);
  function add(pid: number): void {
    if (!ending) send(`+${pid}`);
    else killGroup(pid); // a start that goes on after a signal: the watchdog takes no more
  }
  return { directory, add, remove: (pid) => send(`-${pid}`), end };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}
