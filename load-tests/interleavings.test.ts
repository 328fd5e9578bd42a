import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { predict } from './interleavings/model.ts';
import { everyOrder, pairs } from './interleavings/pairs.ts';
import type { InterleavingsReport } from './interleavings/report.ts';
import { repositoryRoot } from './stack/repository.ts';

let directory: string;
let report: InterleavingsReport;
let output = '';
let code: number | null;

/** As `npm run interleavings` does it, on a stack of its own; the pair that most orders are wrong for. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interleavings-'));
  const json = join(directory, 'report.json');
  const args = ['load-tests/interleavings.ts', '--modes', 'none,redis', '--pairs', 'pay-pay', '--json', json];
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], { cwd: repositoryRoot });
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  code = await new Promise((resolve) => child.once('exit', resolve));
  const written = await readFile(json, 'utf8').catch((cause: unknown) => {
    throw new Error(output, { cause });
  });
  report = JSON.parse(written);
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
