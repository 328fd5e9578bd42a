import { execFileSync } from 'node:child_process';

/** @returns the lines of `ps` for all processes that have the directory in their arguments or their environment. */
export function processesOf(directory: string): string[] {
  const all = execFileSync('ps', [process.platform === 'darwin' ? 'axEww' : 'axeww'], { maxBuffer: 2 ** 26 });
  const lines = all.toString().split('\n');
  return lines.filter((line) => line.includes(directory) && !line.includes('axeww'));
}
