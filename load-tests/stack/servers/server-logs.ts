import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines } from './log.ts';

/** @returns the last lines of each server's log in the directory of a stack, under the file's name; nothing once it is gone. */
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
