import { expect, test } from 'vitest';
import { runCommand } from './run-command.ts';

test('output and errors are given together, and a failure is told from a success', async () => {
  const { succeeded, output } = await runCommand(['sh', '-c', 'echo one; echo two >&2'], { timeoutMs: 5000 });
  expect(succeeded).toBe(true);
  expect(output.split('\n').sort()).toEqual(['', 'one', 'two']);
  expect((await runCommand(['false'], { timeoutMs: 5000 })).succeeded).toBe(false);
});

test('a command that does not exist has failed, and says so', async () => {
  const { succeeded, output } = await runCommand(['no-such-command'], { timeoutMs: 5000 });
  expect(succeeded).toBe(false);
  expect(output).toContain('ENOENT');
});

test('a command that hangs is ended in time, even if its children keep its output open', async () => {
  const startedAt = performance.now();
  const { succeeded, output } = await runCommand(['sh', '-c', 'sleep 3 & sleep 3'], { timeoutMs: 100 });
  expect(succeeded).toBe(false);
  expect(output).toContain('longer than 0.1 s');
  expect(performance.now() - startedAt).toBeLessThan(2000);
});

test('a command reads the input that it is given, and need not', async () => {
  const input = 'x'.repeat(1_000_000);
  expect(await runCommand(['cat'], { timeoutMs: 5000, input })).toEqual({ succeeded: true, output: input });
  expect(await runCommand(['true'], { timeoutMs: 5000, input })).toEqual({ succeeded: true, output: '' });
});
