import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectRefused } from '../commands/cli/refused-options.ts';
import { plain } from '../report/terminal/paint.ts';
import { lengthOf } from '../report/terminal/wrap.ts';
import { noWitnesses } from '../verify/verdict.ts';
import type { RetryCell } from './cell.ts';
import { retryCommand } from './command.ts';
import { readOptions } from './options.ts';
import { type RetryReport, renderTable, resultOf } from './report.ts';

test('redis: charges again without keys and never with them, while an instance dies', async ({ onTestFinished }) => {
  const directory = await mkdtemp(join(tmpdir(), 'retry-test-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const json = join(directory, 'report.json');
  const lines: string[] = [];
  const code = await retryCommand(
    ['--modes', 'redis', '--intents', '60', '--lease-ms', '4000', '--json', json],
    (line) => lines.push(line),
  );
  const output = lines.join('\n');
  const report = JSON.parse(await readFile(json, 'utf8')) as RetryReport;
  expect(report.cells, output).toMatchObject([
    { mode: 'redis', keys: 'off', staleWrites: 0, verdict: 'violated' },
    { mode: 'redis', keys: 'on', staleWrites: 0, chargedAgain: 0, verdict: 'held' },
  ]);
  for (const { intents } of report.cells) expect(intents).toBeGreaterThanOrEqual(60); // until the instance was killed
  expect(report.cells[0]?.chargedAgain, output).toBeGreaterThan(0);
  expect(report.cells[1]?.retries, output).toBeGreaterThan(0);
  expect([report.asExpected, report.seed, code]).toEqual([true, 1, 0]);
  // Reconcile may not have refunded yet what the dead instance charged: a finding more.
  expect(output).toMatch(/│ redis │ violated: \d+ payments? .*│ held +│/);
  expect(lines.at(-1)).toBe('As expected: without keys 1 of 1 mode violated, with keys 0 of 1 mode violated.');
});

const cell: RetryCell = {
  ...{ mode: 'row', keys: 'on', intents: 9, retries: 3, verdict: 'held', expected: 'held' },
  ...noWitnesses,
  ...{ kills: 1, cutOff: 2, repaired: 0, contradicted: 0 },
};

test('the table shows findings, unexpected verdicts and cells that were not run', () => {
  const wrong = { ...cell, chargedAgain: 1, staleWrites: 2, verdict: 'violated' } as const;
  expect(renderTable([wrong], plain, 120)).toMatch(
    /│ row +│ – +│ violated \(expected held\): 1 payment charged.*2 stale/s,
  );
});

test.each([80, 100, 120, 200])('the table fits %i columns', (width) => {
  const wrong = { ...cell, mode: 'serializable', chargedAgain: 100, staleWrites: 200, chargedTwice: 300 };
  const table = renderTable([wrong], plain, width);
  expect(Math.max(...table.split('\n').map(lengthOf))).toBeLessThanOrEqual(width);
  for (const word of ['payments', 'charged', 'without']) {
    for (const each of [table, renderTable([wrong], plain, 20)]) expect(each).toContain(word);
  }
});

test('the last line counts the violated modes, or names the unexpected ones', () => {
  const violated = { ...cell, keys: 'off', verdict: 'violated', expected: 'violated' } as const;
  expect(resultOf([cell, violated])).toEqual({
    asExpected: true,
    what: 'without keys 1 of 1 mode violated, with keys 0 of 1 mode violated',
  });
  expect(resultOf([{ ...cell, verdict: 'violated' }])).toEqual({
    asExpected: false,
    what: 'row, keys on: violated, expected held',
  });
});

test('refuses an unknown mode, a wrong number and a wrong choice', () => {
  expectRefused(readOptions, ['--modes', 'redsi'], /redsi/);
  expectRefused(readOptions, ['--intents', '0'], /must be a whole number from 1 to 100000/);
  expectRefused(readOptions, ['--keys', 'maybe'], /Allowed choices are off, on, both/);
});
