import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly succeeded: boolean;
  /** Standard output and standard error together, as they came. */
  readonly output: string;
}

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Its standard input; empty by default. */
  readonly input?: string;
}

/**
 * Runs a command to its end, without a shell.
 *
 * @returns its output and whether it exited with 0 in time; a command that cannot be run at all has not succeeded, and
 * its output says why. Never rejects.
 */
export function runCommand(
  command: readonly string[],
  { timeoutMs, env, input = '' }: CommandOptions,
): Promise<CommandResult> {
  const [file = '', ...args] = command;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const child = spawn(file, args, { stdio: 'pipe', env: env ?? process.env });
    const finish = (succeeded: boolean, remark = '') => {
      clearTimeout(timer);
      resolve({ succeeded, output: Buffer.concat(chunks).toString() + remark });
    };
    const timer = setTimeout(() => {
      child.kill();
      // Its own children may hold the pipes open for as long as they like: do not wait for those.
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
      finish(false, `\nIt took longer than ${timeoutMs / 1000} s.`);
    }, timeoutMs);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stdin.on('error', () => {}); // it need not read all of it
    child.stdin.end(input);
    child.once('error', (error) => finish(false, error.message));
    child.once('close', (code, signal) => finish(code === 0, signal ? `\nEnded by ${signal}.` : ''));
  });
}
