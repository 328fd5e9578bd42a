import { expect, test } from 'vitest';
import { testStack } from '../../../app/testing/stack.ts';
import { resetUsers } from '../../workload/lab-client.ts';
import { meanSectionMs, measureSection, settled } from './guarded-section.ts';

test('only what came out of a guarded section counts', () => {
  expect(settled({ paid: 2, cancelled: 1, already_paid: 3, nothing_to_cancel: 4, 'lock-busy': 100 })).toBe(10);
});

test('the mean section is that of the answers that came', () => {
  const times = { changingMs: 9, unchangingMs: 1 };
  expect(meanSectionMs({ paid: 1, cancelled: 1, already_paid: 1, nothing_to_cancel: 1 }, times)).toBe(5);
  expect(meanSectionMs({ paid: 1, nothing_to_cancel: 3, 'lock-busy': 50 }, times)).toBe(3);
});

test('a section holds the processor’s time where money moves, and does not hold the way through nginx and HTTP', async () => {
  const { url } = testStack();
  const [user] = await resetUsers(url, 1);
  if (!user) throw new Error('no user');
  const times = await measureSection(url, { id: user.id, amount: 4900 }, { seconds: 2, seed: 1 });
  expect(times.changingMs).toBeGreaterThan(10); // GATEWAY_MS is 20 on average
  expect(times.unchangingMs).toBeGreaterThan(0);
  expect(times.unchangingMs).toBeLessThan(times.changingMs); // it only reads
});
