import { expect, test } from 'vitest';
import { untilLockServiceAnswers } from './run-instance.ts';

test('a start waits until the lock service answers', async () => {
  const answers = [Promise.reject(new Error('connecting')), Promise.reject(new Error('connecting')), Promise.resolve()];
  for (const answer of answers) answer.catch(() => {});
  const ping = () => answers.shift() ?? Promise.reject(new Error('asked again'));
  await untilLockServiceAnswers({ ping }, 1_000_000);
  expect(answers).toEqual([]);
});

test('a start does without a lock service that does not answer', async () => {
  let pings = 0;
  const ping = () => Promise.reject(new Error(`refused ${++pings} times`));
  await untilLockServiceAnswers({ ping }, 1);
  expect(pings).toBeGreaterThan(0);
});
