import { expect, test } from 'vitest';
import { regressions } from './regressions.ts';
import { simulate } from './simulate.ts';

test.each(regressions)('keeps its promises despite $name', async ({ schedule }) => {
  const { violations } = await simulate(schedule);
  expect(violations).toEqual([]);
});
