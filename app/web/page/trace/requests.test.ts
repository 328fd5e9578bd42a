import { expect, test } from 'vitest';
import { randomTrace } from '../fixtures/random-trace.ts';
import { payStorm } from '../fixtures/situations.ts';
import { inOrder } from './in-order.ts';
import { nameRequests } from './requests.ts';

test('requests have letters in the order of their first steps', () => {
  const ordered = inOrder(payStorm().toReversed());
  const firsts = new Set(ordered.map(({ requestId }) => requestId));
  const named = [...nameRequests(ordered)].map(([id, { name }]) => [id, name]);
  expect(named).toEqual([...firsts].map((id, index) => [id, 'ABCDE'[index]]));
});

test('the 27th has a letter and a number; names are unique', () => {
  const requests = nameRequests(inOrder(randomTrace(1, { requests: 60 })));
  const names = [...requests.values()].map(({ name }) => name);
  expect([names[25], names[26], names[51], names[52]]).toEqual(['Z', 'A2', 'Z2', 'A3']);
  expect(new Set(names).size).toBe(60);
});
