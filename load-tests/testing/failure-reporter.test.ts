import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { runCommand } from '../stack/processes/run-command.ts';
import { repositoryRoot } from '../stack/repository.ts';

/** Has vitest run what fails on purpose, in a process of its own. */
async function runFailing(...args: string[]): Promise<string> {
  const vitest = [process.execPath, join(repositoryRoot, 'node_modules/vitest/vitest.mjs'), 'run'];
  const config = ['--config', 'load-tests/testing/failing/vitest.config.ts'];
  const { VITEST_POOL_ID: _, ...env } = process.env;
  const { succeeded, output } = await runCommand([...vitest, ...config, ...args], {
    timeoutMs: 100_000,
    env: { ...env, CI: '', NO_COLOR: '1', STACK_DIRECTORY: testStack().directory },
  });
  expect(succeeded, output).toBe(false);
  return output;
}

/** As it is printed: it selects these two, and not the test that passes. */
const pattern = "isn't 1 \\+ 1 \\(= 3\\)\\?|a server that does not start";

test('a failed test says how to repeat it, with the seed, and shows the ends of the servers’ logs', async () => {
  const output = await runFailing('--sequence.seed=77', '--sequence.shuffle.tests', '-t', pattern);
  expect(output).toMatch(/^0 passed, 2 failed, 2 skipped$/m);
  const repeat =
    'Repeat it: npx vitest run --config load-tests/testing/failing/vitest.config.ts load-tests/testing/failing';
  const seed = '--sequence.seed=77 --sequence.shuffle';
  expect(output).toContain("Failed: a server of its own > isn't 1 + 1 (= 3)?\n");
  expect(output).toContain(
    `${repeat}/fails.on-purpose.ts -t 'a server of its own isn'\\''t 1 \\+ 1 \\(= 3\\)\\?' ${seed}\n`,
  );
  // Of the stack that all share, and of the server that the test has started.
  for (const name of ['mysql', 'redis', 'nginx', 'app-1', 'app-2', 'app-3', 'redis-0']) {
    expect(output).toMatch(new RegExp(`^ +${name}\\.log:`, 'm'));
  }
  expect(output).toMatch(/ redis-0\.log:\n(.*\n)*.*Ready to accept connections/);

  expect(output).toContain('Failed: a server that does not start\n');
  expect(output).toContain(`${repeat}/cannot-start.on-purpose.ts -t 'a server that does not start' ${seed}\n`);
  expect(output).toMatch(/2 failed/);
  expect(output).not.toContain('Failed: passes');
});
