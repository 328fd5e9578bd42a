import { expect, test } from 'vitest';
import { tryMutations } from './mutants.ts';
import { mutations } from './mutations.ts';

test("the checker's tests detect every mutation of it", async () => {
  const tried = await tryMutations();
  expect(tried.map(({ mutation }) => mutation)).toEqual(mutations);
  expect(tried.filter(({ flaw }) => flaw === undefined).map(({ mutation }) => mutation.what)).toEqual([]);
});
