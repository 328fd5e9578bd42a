import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
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

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Makes the scratch directory and starts its watchdog, a process that outlives this one just long enough to clean up
 * after it. That is the one way in which a stack ends without being stopped: on Ctrl-C, on an uncaught exception, on
 * SIGKILL.
 */
export async function startKeeper(): Promise<Keeper> {
  const directory = await mkdtemp(join(tmpdir(), 'payment-race-'));
  const program = fileURLToPath(new URL('watchdog.mjs', import.meta.url));
  const watchdog = spawn(process.execPath, [program, directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const exited = once(watchdog, 'exit');
  watchdog.stdin.on('error', () => {}); // it has gone; there is nothing to tell it any more
  const tell = (line: string) => watchdog.stdin.write(`${line}\n`);

  async function end(): Promise<void> {
    for (const signal of endingSignals) process.removeListener(signal, endProcess);
    watchdog.stdin.end();
    await exited;
  }
  function endProcess(signal: NodeJS.Signals): void {
    end().finally(() => process.exit(128 + constants.signals[signal]));
  }
  for (const signal of endingSignals) process.once(signal, endProcess);

  return { directory, add: (pid) => tell(`+${pid}`), remove: (pid) => tell(`-${pid}`), end };
}
