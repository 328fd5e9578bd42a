import { expect, test } from 'vitest';
import { until } from './until.ts';

/** Sees it at the look of that number. */
function after<T>(looks: number, seen: T): () => T | undefined {
  let taken = 0;
  return () => (++taken < looks ? undefined : seen);
}

test('looks until there is something to be seen, and tells what it was', async () => {
  expect(await until('it comes', after(3, 'it'), { withinMs: 5000, everyMs: 1 })).toBe('it');
  expect(await until('it comes', async () => true, { withinMs: 0 })).toBe(true);
  expect(await until('nobody is left', () => 0, { withinMs: 0 })).toBe(0);
});

test('says what has not come about, and within what time', async () => {
  await expect(until('it comes', () => false, { withinMs: 5, everyMs: 1 })).rejects.toThrow(
    'not within 5 ms: it comes',
  );
  class Late extends Error {}
  const error = (message: string) => new Late(`${message}, or ever`);
  await expect(until('it comes', () => undefined, { withinMs: 0, everyMs: 1, error })).rejects.toThrow(
    new Late('not within 0 ms: it comes, or ever'),
  );
});

test('looks once more when the time is over: what came during the last pause has come', async () => {
  expect(await until('it comes', after(2, 'it'), { withinMs: 0, everyMs: 1 })).toBe('it');
});

test('throws what a look throws', async () => {
  const refused = () => Promise.reject(new Error('nobody answers'));
  await expect(until('it comes', refused, { withinMs: 5000 })).rejects.toThrow('nobody answers');
});
