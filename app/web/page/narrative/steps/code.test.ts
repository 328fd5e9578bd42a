import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lockModeNames } from '../../../../lock-modes/registry.ts';
import type { Step } from '../../trace/steps.ts';
import { codeOf, positionsAt } from './code.ts';

const sourceOf = (file: string) => readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8');

/** The statements of a line, each as a pattern: an abridgement stands for anything. */
function statementsIn(code: string): RegExp[] {
  const statements = code.split(/; |: /).filter((part) => /^(SELECT|UPDATE|INSERT)/.test(part));
  return statements.map((statement) => {
    const [unconditional = ''] = statement.split(/ AND (?:version|paid|fence) = /); // see the next test
    const pattern = unconditional
      .replace(/'PAYMENT_…'/, '?')
      .replaceAll('token', 'CAST(? AS UNSIGNED)')
      .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('…', '[^`;]*');
    return new RegExp(pattern);
  });
}

test.each(lockModeNames)('in %s, the statements are the ones that the service sends', (mode) => {
  const files = ['payments/accounts.ts', 'payments/guarding-connections.ts', 'payments/processor.ts'];
  const source = files.map(sourceOf).join('`').replaceAll(/\bu\./g, '').replaceAll(/\s+/g, ' ');
  const statements = codeOf(mode).flatMap(({ code }) => statementsIn(code));
  expect(statements.length).toBeGreaterThanOrEqual(4); // read, charge, refund, write
  for (const statement of statements) expect(statement.test(source), String(statement)).toBe(true);
});

test.each(lockModeNames)('in %s, the write has the condition of the mode', (mode) => {
  const source = sourceOf(`lock-modes/${mode}.ts`);
  const onlyIf = /onlyIf = \{ (\w+)|onlyIf: \{ (\w+)/.exec(source)?.slice(1).find(Boolean);
  const write = codeOf(mode).find(({ code }) => code.startsWith('UPDATE users SET paid'));
  expect(/ AND (\w+) = /.exec(write?.code ?? '')?.[1]).toBe(onlyIf);
});

const scripts = ['redis-lock/lua/acquire.lua', 'redis-lock/lua/release.lua'];

test.each([
  ['naive', ['lock-modes/naive.ts']],
  ['redis', scripts],
  ['redlock', scripts],
  ['fenced', scripts],
] as const)('in %s, the Redis commands and their options are the ones that are sent', (mode, files) => {
  const calls = files.flatMap((file) => [...sourceOf(file).matchAll(/redis(?:\.call\('|\.)(\w+)['(](?=(.*))/g)]);
  const commands = codeOf(mode).flatMap(({ code }) => [...code.matchAll(/\b(SET|DEL)( PAYMENT_….*)?$|\b(DEL),/g)]);
  expect(commands.length).toBe(2); // the lock, and its release
  for (const [text, acquired, options = '', released] of commands) {
    const written = options.match(/\b(?:[A-Z]{2}|\d+)\b/g) ?? [];
    const isSent = calls.some(
      ([, command, args = '']) =>
        command?.toUpperCase() === (acquired ?? released) && written.every((option) => args.includes(`'${option}'`)),
    );
    expect(isSent, text).toBe(true);
  }
});

test('each request stands where its last step until then was', () => {
  const step = (name: string, what: string, id: string) => ({ request: { name }, event: { id, step: what } }) as Step;
  const steps = [step('A', 'read', '1'), step('B', 'read', '2'), step('A', 'charged', '3'), step('A', 'written', '4')];
  expect([...positionsAt(steps, '3')]).toEqual([
    ['A', 'charged'],
    ['B', 'read'],
  ]);
  expect([...positionsAt(steps, undefined)]).toEqual([]);
});
