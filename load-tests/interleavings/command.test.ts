import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawnInstance, untilReady } from '../../app/testing/instance.ts';
import { testStack } from '../../app/testing/stack.ts';
import { interleavingsCommand, type StartTwo } from './command.ts';
import { instanceEnv } from './interleave.ts';
import { predict } from './model.ts';
import { everyOrder, pairs } from './pairs.ts';
import type { InterleavingsReport } from './report.ts';

let directory: string;
let report: InterleavingsReport;
let output: string;
let code: number;

/** Two on the servers of the worker's stack. */
const startTwo: StartTwo = async () => {
  const env = { ...instanceEnv, LAB: 'on' };
  const instances = await Promise.all(['first', 'second'].map((name) => spawnInstance({ ...env, INSTANCE: name })));
  await Promise.all(instances.map(untilReady));
  return {
    url: testStack().url,
    instances,
    async [Symbol.asyncDispose]() {
      for (const { process } of instances) process.kill('SIGKILL');
      await Promise.all(instances.map(({ exited }) => exited));
    },
  };
};

/** The pair that most orders are wrong for. */
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

test('none: two pays on two instances do in every order what the model predicts', () => {
  const pair = pairs.find(({ name }) => name === 'pay ‖ pay');
  expect(report.runs[0]?.replays, output).toEqual(everyOrder().map((order) => pair && predict(pair, order)));
  expect(report.runs[0]).toMatchObject({ mode: 'none', orders: 20, violated: 18, unexpected: [] });
});

test('redis: whoever reads first is done before the other one reads, and no witness sees anything', () => {
  const { replays, ...run } = report.runs[1] ?? { replays: [] };
  const nothing = { staleWrites: 0, books: 0, history: 0 };
  expect(run).toMatchObject({ mode: 'redis', orders: 20, blocked: 18, witnesses: nothing, violated: 0 });
  expect(replays).toHaveLength(20);
  for (const { order, executed } of replays) {
    const [first, second] = order.startsWith('A') ? ['A', 'B'] : ['B', 'A'];
    expect(executed, order).toEqual([`${first} read`, `${first} act`, `${first} write`, `${second} read`]);
  }
});

test('says so by its table and its exit code', () => {
  expect(report.demonstrated).toBe(true);
  expect(code).toBe(0);
  expect(output).toMatch(/none +│ pay ‖ pay +│ free │ +20 │ +0 │ +18 │ +18 │ +18 │ +18 │ as predicted/);
  expect(output).toMatch(/redis +│ pay ‖ pay +│ free │ +20 │ +18 │ +0 │ +0 │ +0 │ +0 │ held/);
});
