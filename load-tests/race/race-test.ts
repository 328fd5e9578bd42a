import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import { exitCodeOf } from '../commands/cli/exit-code.ts';
import type { RaceReport } from '../report/run-report.ts';
import { type RaceAll, raceCommand } from './command.ts';

/** Runs `npm run race-test` in the process of a test file, in a directory of its own. */
export function raceTests() {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'race-test-'));
  });
  afterAll(() => rm(directory, { recursive: true }));
  return {
    /** @returns the path of a file there. */
    file: (name: string) => join(directory, name),
    /** @param raceAll replaces the private stack. */
    async raceTest(args: readonly string[], raceAll?: RaceAll): Promise<{ code: number; output: string }> {
      const lines: unknown[] = [];
      const print = (line: unknown) => void lines.push(line);
      const code = await exitCodeOf(() => raceCommand(['--report', directory, ...args], print, raceAll), print);
      return { code, output: stripVTControlCharacters(lines.join('\n')) };
    },
  };
}

/** Races again, for longer, while a stall of the machine has left nothing to judge. */
export async function untilConclusive<T extends { readonly output: string }>(
  race: (seconds: number) => Promise<T>,
): Promise<T> {
  for (let seconds = 1; ; seconds *= 4) {
    const raced = await race(seconds);
    if (seconds === 16 || !raced.output.includes('inconclusive')) return raced;
  }
}

export const readReport = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as RaceReport;
export const run = (report: RaceReport, mode: string) => report.runs.find((candidate) => candidate.mode === mode);
