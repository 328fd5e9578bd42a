import { expect, test } from 'vitest';
import { scenarios } from './index.ts';

test('every scenario has a unique name, a claim, a source and a fault', () => {
  expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
  for (const { name, claim, source, fault } of scenarios) {
    for (const text of [claim, source, fault]) expect(text.length, name).toBeGreaterThan(10);
  }
});
