import { expect, test } from 'vitest';
import { withResolvers } from '../../testing/lock-modes.ts';
import { executeOnce } from './execute-once.ts';
import type { KeyClaim } from './idempotency-keys.ts';

test('a key is released once the renewal on its way has arrived', async () => {
  const calls: string[] = [];
  const [renewal, begun] = [withResolvers(), withResolvers()];
  const claim = {
    renew: async () => {
      calls.push('renewal sent');
      begun.resolve();
      await renewal.promise;
      calls.push('renewed');
      return true;
    },
    release: async () => void calls.push('released'),
  } as unknown as KeyClaim;
  const keys = { leaseMs: 30, claim: async () => ({ outcome: 'claimed', claim }) as const };
  const request = { kind: 'pay', amount: 4900, userId: 7, key: 'k', requestId: 'r' } as const;
  const answer = executeOnce(keys, request, async () => {
    await begun.promise;
    setImmediate(renewal.resolve);
    return { outcome: 'lock-busy', retryAfterMs: 0 };
  });
  expect(await answer).toMatchObject({ outcome: 'lock-busy' });
  expect([calls[0], calls.at(-1)]).toEqual(['renewal sent', 'released']);
  expect(calls).toContain('renewed');
});
