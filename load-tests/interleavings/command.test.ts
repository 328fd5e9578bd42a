import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readyInstance } from '../../app/testing/instance.ts';
import { interleavingsCommand, type StartTwo } from './command.ts';
import { instanceEnv } from './interleave.ts';
import { predict } from './model.ts';
import { everyOrder, pairs } from './pairs.ts';
import type { InterleavingsReport } from './report.ts';

let directory: string;
let report: InterleavingsReport;
let output: string;
let code: number;

/** Two instances on the servers of the test stack. */
const startTwo: StartTwo = async () => {
  const env = { ...instanceEnv, LAB: 'on' };
  const instances = await Promise.all(['first', 'second'].map((name) => readyInstance({ ...env, INSTANCE: name })));
  const close = async () => void (await Promise.all(instances.map((instance) => instance[Symbol.asyncDispose]())));
  return { instances, versions: { mysql: '', redis: '', nginx: '' }, [Symbol.asyncDispose]: close };
};

/** Runs the pair with the most violated orders. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interleavings-'));
  const json = join(directory, 'report.json');
  const lines: string[] = [];
  const argv = ['--modes', 'none,redis', '--pairs', 'pay-pay', '--json', json];
  code = await interleavingsCommand(argv, (line) => lines.push(line), startTwo);
  output = lines.join('\n');
  report = JSON.parse(await readFile(json, 'utf8'));
});
afterAll(() => rm(directory, { recursive: true }));

test('none: every order of two pays matches the model', () => {
  const pair = pairs.find(({ name }) => name === 'pay ‖ pay');
  expect(report.runs[0]?.replays, output).toEqual(everyOrder.map((order) => pair && predict(pair, order)));
  expect(report.runs[0]).toMatchObject({ mode: 'none', orders: 20, violated: 18, unexpected: [] });
});

test('redis: the first to read ends before the other reads, without a violation', () => {
  const { replays, ...run } = report.runs[1] ?? { replays: [] };
  const nothing = { staleWrites: 0, books: 0, history: 0 };
  expect(run).toMatchObject({ mode: 'redis', orders: 20, blocked: 18, witnesses: nothing, violated: 0 });
  expect(replays).toHaveLength(20);
  for (const { order, executed } of replays) {
    const [first, second] = order.startsWith('A') ? ['A', 'B'] : ['B', 'A'];
    expect(executed, order).toEqual([`${first} read`, `${first} act`, `${first} write`, `${second} read`]);
  }
});

test('prints the table and exits with 0', () => {
  expect(report.demonstrated).toBe(true);
  expect(code).toBe(0);
  expect(output).toMatch(/│ pay ‖ pay, unpaid │ +│ +│\n│ {3}orders +│ +20 │ +20 │\n│ {3}blocked +│ +0 │ +18 │/);
  expect(output).toMatch(/│ {3}violated +│ +18 │ +0 │\n│ {3}as expected +│ +yes │ +yes │/);
  expect(output.split('\n').at(-1)).toBe('As expected: none 18 of 20 orders violated, redis 0.');
});
