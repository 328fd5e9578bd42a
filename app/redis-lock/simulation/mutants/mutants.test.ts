import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mutate } from './mutant.ts';
import { mutants } from './mutants.ts';

test('each mutant changes one place of the lock as it is', () => {
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  for (const mutant of mutants) expect(mutate(read(mutant.file), mutant)).not.toBe(read(mutant.file));
});

test('no two mutants have the same name', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});
