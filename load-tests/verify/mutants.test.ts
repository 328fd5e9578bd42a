import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../stack/repository.ts';

test('whatever is broken in the checker, its tests notice', { timeout: 60_000 }, async () => {
  const args = ['--import', 'tsx', 'load-tests/verify/mutants.ts'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: repositoryRoot, timeout: 55_000 });
  expect(stdout).toMatch(/^(\d+) of \1 mutants were killed$/m);
});
