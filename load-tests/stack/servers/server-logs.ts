import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines } from './log.ts';

/** @returns the last lines of each server's log in a stack's directory, under the file's name; empty once that is removed. */
export function tailOfLogs(directory: string, linesEach = 10): string {
  try {
    const logs = readdirSync(directory).filter((name) => name.endsWith('.log'));
    const tails = logs.sort().map((name) => {
      const tail = lastLines(readFileSync(join(directory, name), 'utf8'), linesEach);
      return tail === '' ? `${name}: nothing` : `${name}:\n${tail.replace(/^/gm, '  ')}`;
    });
    return tails.join('\n');
  } catch {
    return '';
  }
}
