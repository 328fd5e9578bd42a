import { expect, test } from 'vitest';
import { testStack } from '../../../../app/testing/stack.ts';
import { resetUsers } from '../../../client/lab-client.ts';
import { countCarriedOut, meanSectionMs, sample, sectionTimes } from './guarded-section.ts';

test('counts only requests that ran their guarded section', () => {
  expect(countCarriedOut({ paid: 2, cancelled: 1, already_paid: 3, nothing_to_cancel: 4, 'lock-busy': 100 })).toBe(10);
});

test('weights the mean section by the answers', () => {
  const times = { changingMs: 9, unchangingMs: 1 };
  expect(meanSectionMs({ paid: 1, cancelled: 1, already_paid: 1, nothing_to_cancel: 1 }, times)).toBe(5);
  expect(meanSectionMs({ paid: 1, nothing_to_cancel: 3, 'lock-busy': 50 }, times)).toBe(3);
});

test('a section is the latency less that of a refused request', () => {
  const took = { refused: [2, 4], paid: [30], cancelled: [26], already_paid: [5], nothing_to_cancel: [5, 5] };
  expect(sectionTimes(took)).toEqual({ changingMs: 25, unchangingMs: 2, outsideMs: 3 });
});

test('alternates carried-out and refused requests', async () => {
  const { url } = testStack();
  const [user] = await resetUsers(url, 1);
  if (!user) throw new Error('no user');
  let rounds = 0;
  const { refused, ...carriedOut } = await sample(
    url,
    { id: user.id, amount: 4900 },
    { seed: 1, isOver: () => rounds++ === 24 },
  );
  expect(refused).toHaveLength(24);
  expect(Object.values(carriedOut).flat()).toHaveLength(24);
  expect(Object.keys(carriedOut).sort()).toEqual(['already_paid', 'cancelled', 'nothing_to_cancel', 'paid']);
});
