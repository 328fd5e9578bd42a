import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Sees to it that nothing of a stack outlives its owner: no process, and not its directory. */
export interface Keeper {
  /** The stack's own, for its owner only (0700). It goes with the stack. */
  readonly directory: string;
  /** From now on, the process group goes with the stack. */
  add(pid: number): void;
  /** It has ended by itself. */
  remove(pid: number): void;
  /** Kills what is left, removes the directory, and resolves when that is done. */
  end(): Promise<void>;
}

/** Of the stacks that this process has and that are not ended. */
const directories = new Set<string>();

/** @returns where the servers of this process's stacks write their logs. */
export const scratchDirectories = (): readonly string[] => [...directories];

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Starts the watchdog, a process that outlives this one just long enough to clean up after it, and has it make the
 * scratch directory: the directory never exists without a process to remove it. The watchdog is the one way in which a
 * stack ends without being stopped: on Ctrl-C, on an uncaught exception, on SIGKILL.
 *
 * @throws when the system's directory for temporary files cannot be written.
 */
export async function startKeeper(): Promise<Keeper> {
  const program = fileURLToPath(new URL('watchdog.mjs', import.meta.url));
  const watchdog = spawn(process.execPath, [program, join(tmpdir(), 'payment-race-')], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(watchdog, 'exit');
  watchdog.stdin.on('error', () => {}); // it has gone
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
  // Ctrl-C may come twice, from the terminal and from npm: until all is cleaned up, it changes nothing any more.
  function endProcess(signal: NodeJS.Signals): void {
    end().finally(() => process.exit(128 + constants.signals[signal]));
  }
  for (const signal of endingSignals) process.on(signal, endProcess);

  const send = (line: string) => watchdog.stdin.writable && watchdog.stdin.write(`${line}\n`);
  return { directory, add: (pid) => send(`+${pid}`), remove: (pid) => send(`-${pid}`), end };
}
