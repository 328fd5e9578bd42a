import { expect, test } from 'vitest';
import { runCommand } from '../stack/processes/run-command.ts';
import { repositoryRoot } from '../stack/repository.ts';

test('commit subjects have at most 72 characters', async ({ skip }) => {
  const { succeeded, output } = await runCommand(
    ['git', '-C', repositoryRoot, 'log', '--since=2026-11-28T20:30:00Z', '--format=%s'],
    { timeoutMs: 60_000 },
  );
  if (!succeeded) skip('there is no git history here');
  expect(output.split('\n').filter((subject) => subject.length > 72)).toEqual([]);
});
