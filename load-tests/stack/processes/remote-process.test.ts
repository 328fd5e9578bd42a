import { expect, test } from 'vitest';
import type { Calculator } from './remote-calculator.ts';
import { startRemote } from './remote-process.ts';

const start = () =>
  startRemote<Calculator>(new URL('remote-calculator.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });

test('calls functions of another process, several at a time', async () => {
  await using remote = start();
  const sums = [1n, 2n, 3n].map((number) => remote.call('add', number, 2n ** 70n));
  expect(await Promise.all(sums)).toEqual([1n, 2n, 3n].map((number) => number + 2n ** 70n));
});

test('throws what is thrown there, and goes on', async () => {
  await using remote = start();
  await expect(remote.call('fail', 'on purpose')).rejects.toThrow(new RangeError('on purpose'));
  expect(await remote.call('add', 1n, 1n)).toBe(2n);
});

test('rejects the calls that a process has not answered at its end, and all that come later', async () => {
  await using remote = start();
  await expect(remote.call('exit', 3)).rejects.toThrow('a process has ended, with 3');
  await expect(remote.call('add', 1n, 1n)).rejects.toThrow('closed');
});
