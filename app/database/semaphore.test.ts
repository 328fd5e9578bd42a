import { expect, test } from 'vitest';
import { createSemaphore } from './semaphore.ts';

const tryOnce = { waitMs: 0, signal: new AbortController().signal };

test('a permit that was released while no caller waited can be acquired again', async () => {
  const semaphore = createSemaphore(2);
  const permits = [await semaphore.acquire(tryOnce), await semaphore.acquire(tryOnce)];
  expect(await semaphore.acquire(tryOnce)).toEqual({ outcome: 'busy' });
  for (const permit of permits) if (permit.outcome === 'acquired') permit.release();
  const outcomes = [1, 2, 3].map(async () => (await semaphore.acquire(tryOnce)).outcome);
  expect(await Promise.all(outcomes)).toEqual(['acquired', 'acquired', 'busy']);
});

test('a caller that has gone acquires no free permit', async () => {
  const semaphore = createSemaphore(1);
  expect(await semaphore.acquire({ waitMs: 0, signal: AbortSignal.abort() })).toEqual({ outcome: 'aborted' });
  expect((await semaphore.acquire(tryOnce)).outcome).toBe('acquired');
});
