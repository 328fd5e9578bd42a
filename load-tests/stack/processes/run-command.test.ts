import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { soon, until } from '../../../app/testing/until.ts';
import { runCommand } from './run-command.ts';

test('returns output and errors together, and whether it succeeded', async () => {
  const { succeeded, output } = await runCommand(['sh', '-c', 'echo one; echo two >&2'], { timeoutMs: 100_000 });
  expect(succeeded).toBe(true);
  expect(output.split('\n').sort()).toEqual(['', 'one', 'two']);
  expect((await runCommand(['false'], { timeoutMs: 100_000 })).succeeded).toBe(false);
});

test('a command that does not exist has failed, and says so', async () => {
  const { succeeded, output } = await runCommand(['no-such-command'], { timeoutMs: 100_000 });
  expect(succeeded).toBe(false);
  expect(output).toContain('ENOENT');
});

test('a command that hangs is ended in time, even if its children keep its output open', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'run-command-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const pidFile = join(directory, 'pid');
  const ended = runCommand(['sh', '-c', `sleep 90 & echo $! >${pidFile}; sleep 90`], { timeoutMs: 100 });
  const readPid = async () => Number(await readFile(pidFile, 'utf8').catch(() => '')) || undefined;
  const child = await until('it has a child', readPid, soon);
  vi.advanceTimersByTime(100);
  const { succeeded, output } = await ended;
  expect(succeeded).toBe(false);
  expect(output).toContain('longer than 0.1 s');
  expect(process.kill(child, 'SIGKILL')).toBe(true); // it was still there
});

test('a command reads the input that it is given, and need not', async () => {
  const input = 'x'.repeat(1_000_000);
  expect(await runCommand(['cat'], { timeoutMs: 100_000, input })).toEqual({ succeeded: true, output: input });
  expect(await runCommand(['true'], { timeoutMs: 100_000, input })).toEqual({ succeeded: true, output: '' });
});
