import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mutate } from './mutant.ts';
import { mutants } from './mutants.ts';

test('each mutant fits the lock in exactly one place', () => {
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  for (const mutant of mutants) expect(mutate(read(mutant.file), mutant)).not.toBe(read(mutant.file));
});

test('mutant names are unique', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});
