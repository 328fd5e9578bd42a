import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { soon, until } from '../../app/testing/until.ts';
import { processesOf } from '../stack/processes/processes-of.ts';
import { repositoryRoot } from '../stack/repository.ts';

const isFrozen = (line: string) => /^\s*\d+\s+\S+\s+T/.test(line);

test('Ctrl-C while an instance is paused leaves no process and no directory', async ({ onTestFinished }) => {
  const directory = await mkdtemp(join(tmpdir(), 'fault-test-')); // identifies the stack's files and processes
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const args = ['--report', directory, '--scenarios', 'soak', '--modes', 'version', '--soak-seconds', '60'];
  const command = spawn(process.execPath, ['--import', 'tsx', 'load-tests/commands/fault-test.ts', ...args], {
    cwd: repositoryRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: directory },
  });
  let output = '';
  command.stdout.on('data', (chunk) => (output += chunk));
  command.stderr.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => command.once('exit', resolve));
  onTestFinished(async () => {
    command.kill('SIGKILL');
    await exited;
  });

  const error = (message: string) => new Error(`${message}. Output:\n${output}`);
  const isPaused = () => processesOf(directory).some(isFrozen);
  // Starting a whole stack takes longer than anything else that a test waits for.
  await until('an instance is paused', isPaused, { withinMs: 110_000, everyMs: 200, error });
  command.kill('SIGINT');
  expect(await exited).toBe(130);
  await until('no process is left', () => processesOf(directory).length === 0, soon);
  const scratch = async () => (await readdir(directory)).filter((name) => name.startsWith('payment-race-'));
  await until('no directory is left', async () => (await scratch()).length === 0, soon);
});
