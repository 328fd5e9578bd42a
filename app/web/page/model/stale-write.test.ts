import { expect, test } from 'vitest';
import { event, lostUpdate } from './fixtures/runs.ts';
import { isStaleWrite } from './stale-write.ts';

test('a write is stale exactly when it overwrote another version than it had read', () => {
  expect(lostUpdate.filter(isStaleWrite)).toMatchObject([{ kind: 'pay', step: 'written' }]);
  expect(isStaleWrite(event('pay', 'written', 1, { readVersion: 3 }))).toBe(false); // what it overwrote is not known
  expect(isStaleWrite(event('pay', 'refused', 1, { readVersion: 3 }))).toBe(false);
});
