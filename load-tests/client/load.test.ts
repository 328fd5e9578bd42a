import { expect, test } from 'vitest';
import { createOverlap } from './overlap.ts';

test('counts a request that is sent while another connection has one under way for the same user', () => {
  const overlap = createOverlap();
  const [a, b] = [overlap.connection(), overlap.connection()];
  a.sends(1);
  b.sends(2);
  expect(overlap.count).toBe(0);
  b.sends(1);
  expect(overlap.count).toBe(1);
});

test('does not count a request that follows the last one on the same connection, or one whose rival has ended', () => {
  const overlap = createOverlap();
  const [a, b] = [overlap.connection(), overlap.connection()];
  a.sends(1);
  a.sends(1);
  a.sends(2);
  b.sends(1);
  expect(overlap.count).toBe(0);
});
