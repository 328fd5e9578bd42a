import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inMinutes } from '../../app/testing/until.ts';
import type { RaceReport } from '../report/run-report.ts';
import { runCommand } from '../stack/processes/run-command.ts';
import { repositoryRoot } from '../stack/repository.ts';
import { untilConclusive } from './race-test.ts';

test('LOCK_KEY=user holds with two amounts per user', async ({ onTestFinished }) => {
  const directory = await mkdtemp(join(tmpdir(), 'race-test-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const json = join(directory, 'amounts.json');
  const command = join(repositoryRoot, 'load-tests/commands/race-test.ts');
  const race = (seconds: number) =>
    runCommand(
      [
        ...[process.execPath, '--import', 'tsx', command, '--report', directory, '--json', json],
        ...['--modes', 'none,redis', '--amounts', '2', '--lock-key', 'user', '--users', '5'],
        ...['--instances', '2', '--connections', '16', '--duration', String(seconds)],
      ],
      { timeoutMs: inMinutes.withinMs },
    );
  const { succeeded, output } = await untilConclusive(race);
  expect(succeeded, output).toBe(true);
  const report = JSON.parse(await readFile(json, 'utf8')) as RaceReport;
  // Drawn by tsx, whose JSX settings are not Vitest's.
  expect(await readFile(join(directory, 'race-test.html'), 'utf8')).toContain('<svg class="diagram-picture"');
  const run = (mode: string) => report.runs.find((candidate) => candidate.mode === mode);
  expect(report).toMatchObject({
    amounts: 2,
    lockKey: 'user',
    environment: { mysql: expect.any(String), redis: expect.any(String), nginx: expect.any(String) },
  });
  expect(Object.values(report.environment)).not.toContain('unknown');
  expect(run('none')).toMatchObject({ verdict: 'violated', instances: 2 });
  expect(run('redis')).toMatchObject({
    verdict: 'held',
    witnesses: { linearizable: null },
    history: { calls: 0, whyNone: expect.stringContaining('2 amounts') },
  });
  expect(output.replaceAll(/\s+/g, ' ')).toMatch(
    /redis: .* No history was recorded: with 2 amounts an account has 3 states/,
  );
});
