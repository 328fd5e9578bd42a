import { expect, test } from 'vitest';
import { describeInconsistentUser } from './describe-inconsistent-user.ts';

const wrote = { at: '', did: 'wrote', paid: true, readVersion: 0, overwroteVersion: 1 } as const;
const wronged = { userId: 7, wrong: 'accessWithoutPaying', what: 'User 7 has access and paid nothing' } as const;
const story = (overwrote?: string) => ({
  requestId: 'slow-pay',
  instance: 'app-1',
  command: 'pay' as const,
  steps: [
    { at: '', did: 'charged', chargeId: 1, amount: 4900 } as const,
    { ...wrote, ...(overwrote && { overwrote }) },
  ],
});

test('the audit’s verdict says what is wrong, and which request overwrote which', () => {
  expect(describeInconsistentUser({ ...wronged, requests: [story('fast-cancel')] })).toBe(
    'User 7 has access and paid nothing: request slow-pay (pay) overwrote what fast-cancel had written, without having read it.',
  );
});

test('where no write was lost, it says only what is wrong', () => {
  expect(describeInconsistentUser({ ...wronged, requests: [story()] })).toBe('User 7 has access and paid nothing.');
});
