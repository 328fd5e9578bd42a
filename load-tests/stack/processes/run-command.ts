import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly succeeded: boolean;
  /** Standard output and standard error, interleaved as they arrived. */
  readonly output: string;
}

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Its standard input; empty by default. */
  readonly input?: string;
}

/**
 * Runs a command without a shell, and waits for it.
 *
 * @returns its output and whether it exited with 0 in time. If it cannot be run, it has not succeeded and the output says
 *   why. Never rejects.
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
      // Do not wait for its own children, which may hold the pipes open.
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
      finish(false, `\nIt took longer than ${timeoutMs / 1000} s.`);
    }, timeoutMs);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stdin.on('error', () => {}); // it may close its input early
    child.stdin.end(input);
    child.once('error', (error) => finish(false, error.message));
    child.once('close', (code, signal) => finish(code === 0, signal ? `\nEnded by ${signal}.` : ''));
  });
}
