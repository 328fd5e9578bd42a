import { expect, test } from 'vitest';
import { createOverlap } from './load.ts';

test('counts a request while another connection has one in flight for the same user', () => {
  const overlap = createOverlap();
  const [a, b] = [overlap.connection(), overlap.connection()];
  a.sends(1);
  b.sends(2);
  expect(overlap.count).toBe(0);
  b.sends(1);
  expect(overlap.count).toBe(1);
});

test('counts neither consecutive requests of a connection nor one after its rival has ended', () => {
  const overlap = createOverlap();
  const [a, b] = [overlap.connection(), overlap.connection()];
  a.sends(1);
  a.sends(1);
  a.sends(2);
  b.sends(1);
  expect(overlap.count).toBe(0);
});
