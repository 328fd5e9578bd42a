import { expect, test } from 'vitest';
import { createOverlap } from './load.ts';

/** Two requests for one user, the second sent while the first is in flight. */
function countOf(first: string | undefined, second: string | undefined): number {
  const overlap = createOverlap();
  const [firstEnds, secondEnds] = [overlap.sends(1), overlap.sends(1)];
  firstEnds(first);
  secondEnds(second);
  return overlap.count;
}

test('counts a request that was sent while another one for the same user was in flight', () => {
  expect(countOf('paid', 'already_paid')).toBe(1);
  expect(countOf('nothing_to_cancel', 'paid')).toBe(1);
  expect(countOf('nothing_to_cancel', 'cancelled')).toBe(1);
});

test('counts a request that was sent while two others were in flight, of which one was refused', () => {
  const overlap = createOverlap();
  for (const [index, ends] of [1, 1, 1].map((user) => overlap.sends(user)).entries()) {
    ends(['lock-busy', 'paid', 'cancelled'][index]);
  }
  expect(overlap.count).toBe(1);
});

test.each([
  ['lock-busy', 'paid'],
  ['paid', 'lock-busy'],
  ['paid', undefined],
  ['unavailable', 'unavailable'],
  ['already_paid', 'already_paid'],
])('does not count requests answered %s and %s', (first, second) => {
  expect(countOf(first, second)).toBe(0);
});

test('counts neither requests for other users nor one after its rival has ended', () => {
  const overlap = createOverlap();
  const ends = overlap.sends(1);
  overlap.sends(2)('paid');
  ends('paid');
  ends(); // has no effect: it has ended
  overlap.sends(1)('cancelled');
  expect(overlap.count).toBe(0);
});
