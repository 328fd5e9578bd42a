import { expect, test } from 'vitest';
import { soon, until } from './until.ts';

/** Returns `seen` at this call. */
function after<T>(looks: number, seen: T): () => T | undefined {
  let taken = 0;
  return () => (++taken < looks ? undefined : seen);
}

test('polls until there is a value, and returns it', async () => {
  expect(await until('it comes', after(3, 'it'), { ...soon, everyMs: 1 })).toBe('it');
  expect(await until('it comes', async () => true, { withinMs: 0 })).toBe(true);
  expect(await until('none is left', () => 0, { withinMs: 0 })).toBe(0);
});

test('names the condition and the time limit', async () => {
  await expect(until('it comes', () => false, { withinMs: 5, everyMs: 1 })).rejects.toThrow(
    'not within 5 ms: it comes',
  );
  class Late extends Error {}
  const error = (message: string) => new Late(`${message}, or ever`);
  await expect(until('it comes', () => undefined, { withinMs: 0, everyMs: 1, error })).rejects.toThrow(
    new Late('not within 0 ms: it comes, or ever'),
  );
});

test('polls once more after the time limit', async () => {
  expect(await until('it comes', after(2, 'it'), { withinMs: 0, everyMs: 1 })).toBe('it');
});

test('throws what the poll throws', async () => {
  const refused = () => Promise.reject(new Error('no answer'));
  await expect(until('it comes', refused, { withinMs: 5000 })).rejects.toThrow('no answer');
});
