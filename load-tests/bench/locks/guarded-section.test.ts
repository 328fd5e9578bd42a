import { expect, test } from 'vitest';
import { testStack } from '../../../app/testing/stack.ts';
import { resetUsers } from '../../client/lab-client.ts';
import { meanSectionMs, sample, sectionTimes, settled } from './guarded-section.ts';

test('only what came out of a guarded section counts', () => {
  expect(settled({ paid: 2, cancelled: 1, already_paid: 3, nothing_to_cancel: 4, 'lock-busy': 100 })).toBe(10);
});

test('the mean section is that of the answers that came', () => {
  const times = { changingMs: 9, unchangingMs: 1 };
  expect(meanSectionMs({ paid: 1, cancelled: 1, already_paid: 1, nothing_to_cancel: 1 }, times)).toBe(5);
  expect(meanSectionMs({ paid: 1, nothing_to_cancel: 3, 'lock-busy': 50 }, times)).toBe(3);
});

test('a section is what a request takes longer than one that is refused right before it', () => {
  const took = { refused: [2, 4], paid: [30], cancelled: [26], already_paid: [5], nothing_to_cancel: [5, 5] };
  expect(sectionTimes(took)).toEqual({ changingMs: 25, unchangingMs: 2, outsideMs: 3 });
});

test('every other request of a measurement is refused, and the others are carried out', async () => {
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
