import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runCommand } from '../../stack/processes/run-command.ts';
import { repositoryRoot } from '../../stack/repository.ts';

/** A hundred times as long as they take. */
const mostMs = 300_000;

/** What Vitest's JSON says, as far as it matters here. */
const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/** Runs the tests of this copy of the lock that need no server. @returns the name of the first that fails, if any. */
export async function failingTest(directory: string): Promise<string | undefined> {
  const vitest = [process.execPath, join(repositoryRoot, 'node_modules/vitest/vitest.mjs'), 'run'];
  const config = join(repositoryRoot, 'load-tests/simulation/mutants/vitest.config.ts');
  const output = join(directory, 'tests.json');
  const command = [...vitest, '--config', config, '--root', directory, '--reporter=json', `--outputFile=${output}`];
  const result = await runCommand(command, { timeoutMs: mostMs });
  if (result.succeeded) return undefined;
  const text = await readFile(output, 'utf8').catch(() => undefined);
  if (text === undefined) return 'any of them: they hang or crash';
  const files = report.parse(JSON.parse(text)).testResults;
  for (const { assertionResults } of files) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed) return failed.fullName;
  }
  throw new Error(`The tests of ${directory} could not be run:\n${result.output}`);
}
