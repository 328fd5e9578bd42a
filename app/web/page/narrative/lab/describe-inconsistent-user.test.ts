import { expect, test } from 'vitest';
import { describeInconsistentUser } from './describe-inconsistent-user.ts';

const wrote = { at: '', did: 'wrote', paid: true, readVersion: 0, overwroteVersion: 1 } as const;
const wronged = { userId: 7, wrong: 'accessWithoutPaying', what: 'User 7 has access and paid nothing' } as const;
const history = (overwrote?: string) => ({
  requestId: 'slow-pay',
  instance: 'app-1',
  command: 'pay' as const,
  steps: [
    { at: '', did: 'charged', chargeId: 1, amount: 4900 } as const,
    { ...wrote, ...(overwrote && { overwrote }) },
  ],
});

test('describes the anomaly, and which request overwrote which', () => {
  expect(describeInconsistentUser({ ...wronged, requests: [history('fast-cancel')] })).toBe(
    'User 7 has access and paid nothing: request slow-pay (pay) wrote v2 (paid), decided on v0: v1 by fast-cancel is lost.',
  );
});

test('describes only the anomaly where no write was lost', () => {
  expect(describeInconsistentUser({ ...wronged, requests: [history()] })).toBe('User 7 has access and paid nothing.');
});
